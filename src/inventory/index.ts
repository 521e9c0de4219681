export { describeIssues } from './entry.js';
export { retryAfter } from './http-fetch.js';
export {
  type InventoryLog,
  type InventoryOptions,
  type LoadedInventory,
  loadInventory,
  /** As it was called while there was one kind of inventory. */
  loadInventory as loadStaticInventory,
} from './load-inventory.js';
export { mistakeInReference } from './mistakes.js';
export { orAborted } from './or-aborted.js';
export { within } from './within.js';
export type { InventoryModule, InventoryModuleTools } from './module-inventory.js';
export { mapNamespace } from './namespaces.js';
export type {
  InventoryHealth,
  InventoryResolver,
  ResolvedTarget,
  ServerExplanation,
  TargetExplanation,
  TargetRequest,
  TargetSummary,
} from './resolver.js';
export { readSecret, registerSecretScheme, type SecretReader } from './secrets.js';
