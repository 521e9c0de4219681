export { DroppedTables } from './dropped.js';
export type { EngineContext, EngineLog } from './context.js';
export { oldName, shadowName, stateTableName } from './names.js';
export { OnlineChange } from './online-change.js';
