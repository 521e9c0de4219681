export type { EngineContext, EngineLog } from './context.js';
export { oldName, shadowName, stateTableName } from './names.js';
export type { LoadLimits } from './load.js';
export { OnlineChange } from './online-change.js';
