export { openTargetClient } from './mysql-target-client.js';
export type { Log, OperationContext, TargetClient } from './target-client.js';
export type { ChangeHold } from '../engine/index.js';
