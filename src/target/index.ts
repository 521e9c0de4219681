export { openTargetClient } from './open-target-client.js';
export type { HeldChange, Log, OperationContext, TargetClient, TargetExamination } from './target-client.js';
export type { FoundChange, LeftoverTable } from '../engine/index.js';
export { operationContext } from './operation-context.js';
