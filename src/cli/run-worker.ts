import { createLogger, resolveWorkerOptions, SternaWorker } from '../worker/index.js';

const SECOND_SIGNAL_EXIT = 130;

/** Runs a worker until a signal: the first drains it, the second ends it at once. Returns the exit code. */
export async function runWorker(configFile: string | undefined): Promise<number> {
  const options = await resolveWorkerOptions({}, configFile);
  const log = createLogger(options.logLevel);
  const worker = await SternaWorker.create(options, log);
  let signals = 0;
  const onSignal = (): void => {
    signals += 1;
    if (signals > 1) process.exit(SECOND_SIGNAL_EXIT);
    worker.shutdown();
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  await worker.run(() =>
    log.info(
      {
        dataPlane: options.dataPlane,
        queues: options.queues,
        ...(worker.healthPort === undefined ? {} : { healthPort: worker.healthPort }),
      },
      'worker ready',
    ),
  );
  log.info({}, 'worker ended');
  return 0;
}
