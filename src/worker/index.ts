export { createLogger } from './logger.js';
export { resolveWorkerOptions, WORKER_ENV, type WorkerFile, type WorkerOptions } from './options.js';
export { SternaWorker } from './worker.js';
