export { logObserver } from './log-observer.js';
export { createLogger } from './logger.js';
export { MetricsObserver } from './metrics-observer.js';
export {
  type ExplicitWorkerOptions,
  type QueueName,
  QUEUES,
  resolveWorkerOptions,
  WORKER_ENV,
  type WorkerFile,
  type WorkerOptions,
} from './options.js';
export type { ChangeObserver, ObserverFaults, StateDetails } from './observer-queue.js';
export { type ObserveOptions, Observers, observerSinks, type ObserversOptions } from './observers.js';
export { type ReplayedWorkflow, replayOpenWorkflows } from './replay.js';
export { webhookObserver, type WebhookOptions } from './webhook-observer.js';
export type { WebhookFile } from './webhook-shape.js';
export { SternaWorker } from './worker.js';
export {
  type HeldChange,
  type Log,
  type OperationContext,
  operationContext,
  type TargetClient,
  type TargetExamination,
} from '../target/index.js';
