export { type EngineContext, type EngineLog, type Point, POINTS } from './context.js';
export { oldName, shadowName, stateTableName } from './names.js';
export { OnlineChange } from './online-change.js';
