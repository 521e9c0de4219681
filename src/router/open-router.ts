import { type InventoryLog, type InventoryResolver, loadInventory, mapNamespace } from '../inventory/index.js';
import { openTargetClient } from '../target/index.js';
import { TargetRouter, type TargetRouterOptions } from './target-router.js';

/**
 * The router over an inventory file, or over a resolver of one's own: what a worker, or any other process next to the
 * databases, needs.
 */
export async function openRouter(
  inventory: string | InventoryResolver,
  log: InventoryLog,
  bounds: Pick<TargetRouterOptions, 'idleMs' | 'graceMs' | 'maxClients'> = {},
): Promise<TargetRouter> {
  const resolver = typeof inventory === 'string' ? await loadInventory(inventory, { log }) : inventory;
  return new TargetRouter({
    ...bounds,
    resolver,
    openClient: (resolved) =>
      openTargetClient(resolved.type, {
        connection: resolved.connection,
        physical: (namespace) => mapNamespace(resolved, namespace),
        ...(resolved.schemaOverrides === undefined ? {} : { namespaces: Object.keys(resolved.schemaOverrides).sort() }),
        ...(resolved.replicas === undefined ? {} : { replicas: resolved.replicas }),
        ...(resolved.workspace === undefined ? {} : { workspace: resolved.workspace }),
        ...(resolved.limits === undefined ? {} : { limits: resolved.limits }),
        requireWriter: resolved.requireWriter,
      }),
  });
}
