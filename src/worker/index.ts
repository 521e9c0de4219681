export { createLogger } from './logger.js';
export {
  type ExplicitWorkerOptions,
  type QueueName,
  QUEUES,
  resolveWorkerOptions,
  WORKER_ENV,
  type WorkerFile,
  type WorkerOptions,
} from './options.js';
export { lookContext } from './probe.js';
export { type ReplayedWorkflow, replayOpenWorkflows } from './replay.js';
export { SternaWorker } from './worker.js';
export type { Log, OperationContext, TargetClient, TargetExamination } from '../target/index.js';
