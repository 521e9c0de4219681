import { type InventoryLog, loadInventory, mapNamespace } from '../inventory/index.js';
import { openTargetClient } from '../target/index.js';
import { TargetRouter } from './target-router.js';

/** The router over an inventory file: what a worker, or any other process next to the databases, needs. */
export async function openRouter(inventory: string, log: InventoryLog): Promise<TargetRouter> {
  const resolver = await loadInventory(inventory, { log });
  return new TargetRouter({
    resolver,
    openClient: (resolved) =>
      openTargetClient({
        connection: resolved.connection,
        physical: (namespace) => mapNamespace(resolved, namespace),
        ...(resolved.schemaOverrides === undefined ? {} : { namespaces: Object.keys(resolved.schemaOverrides).sort() }),
        ...(resolved.replicas === undefined ? {} : { replicas: resolved.replicas }),
        ...(resolved.limits === undefined ? {} : { limits: resolved.limits }),
        requireWriter: resolved.requireWriter,
      }),
  });
}
