export { ChangeHold } from './change-hold.js';
export { findLeftovers, type FoundChange, type Leftovers, type LeftoverTable } from './leftovers.js';
export { DroppedTables } from './dropped.js';
export { type EngineContext, type EngineLog, type Point, POINTS } from './context.js';
export { oldName, shadowName, stateTableName } from './names.js';
export type { LoadLimits } from './load.js';
export { OnlineChange } from './online-change.js';
