export { describeIssues } from './inventory-file.js';
export { mapNamespace } from './namespaces.js';
export type { InventoryResolver, ResolvedTarget, TargetRequest, TargetSummary } from './resolver.js';
export { type InventoryLog, loadStaticInventory } from './static-inventory.js';
