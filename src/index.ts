/** The public API. Each part is also an export of its own: `sterna/client`, `sterna/worker`, … */
export * from './client/index.js';
export * from './contract/index.js';
export {
  type InventoryResolver,
  loadInventory,
  loadStaticInventory,
  registerSecretScheme,
  type ResolvedTarget,
  type TargetRequest,
  type TargetSummary,
} from './inventory/index.js';
export { openRouter, type RouterStats, TargetRouter, type TargetRouterOptions } from './router/index.js';
export { resolveWorkerOptions, SternaWorker, type WorkerOptions } from './worker/index.js';
export type { ConnectionConfig, TlsConfig } from './mysql/index.js';
