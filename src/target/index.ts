export { openTargetClient } from './mysql-target-client.js';
export type { Log, OperationContext, TargetClient, TargetExamination } from './target-client.js';
export type { ChangeHold, FoundChange, LeftoverTable } from '../engine/index.js';
export { operationContext } from './operation-context.js';
