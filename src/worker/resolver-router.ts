import { type InventoryResolver, mapNamespace } from '../inventory/index.js';
import { openRouter, TargetRouter } from '../router/index.js';
import { type Log, openTargetClient } from '../target/index.js';

/** The router over an inventory file, or over a resolver of one's own. */
export async function routerOver(inventory: string | InventoryResolver, log: Log): Promise<TargetRouter> {
  if (typeof inventory === 'string') return openRouter(inventory, log);
  return new TargetRouter({
    resolver: inventory,
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
