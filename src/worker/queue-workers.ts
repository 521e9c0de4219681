import { type NativeConnection, Worker, type WorkerOptions as TemporalWorkerOptions } from '@temporalio/worker';
import { createChangeActivities, createControlActivities, createReadActivities } from '../activities/index.js';
import { GzipCodec } from '../codec/index.js';
import { taskQueues } from '../contract/index.js';
import type { TargetRouter } from '../router/index.js';
import type { Log } from '../target/index.js';
import { workflowsOf } from './bundle.js';
import { type Observers, observerSinks } from './observers.js';
import type { QueueName, WorkerOptions } from './options.js';

/** After a drain, how long activities have to write their position and hand over. */
const GRACE = '20s';

interface QueueWorkersOptions extends Pick<WorkerOptions, 'dataPlane' | 'queues' | 'copySlots'> {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly bundle: string | undefined;
  readonly router: TargetRouter;
  readonly observers: Observers;
  readonly drain: AbortController;
  readonly log: Log;
}

/** A Worker of Temporal for each queue that is served, over one connection and one bundle: all of them or none. */
export async function createWorkers(
  options: QueueWorkersOptions,
): Promise<{ readonly main: Worker | undefined; readonly others: readonly Worker[] }> {
  const { connection, namespace, bundle, router, observers, drain, log } = options;
  const dependencies = { router, observers, drain: drain.signal, log };
  const queues = taskQueues(options.dataPlane);
  const shared: Omit<TemporalWorkerOptions, 'taskQueue'> = {
    connection,
    namespace,
    dataConverter: { payloadCodecs: [new GzipCodec()] },
    shutdownGraceTime: GRACE,
    // A worker that went away keeps its workflows waiting no longer than this.
    stickyQueueScheduleToStartTimeout: '1s',
    maxHeartbeatThrottleInterval: '1s',
    defaultHeartbeatThrottleInterval: '1s',
  };
  const create: Record<QueueName, () => Promise<Worker>> = {
    main: () =>
      Worker.create({
        ...shared,
        ...workflowsOf(bundle),
        sinks: observerSinks(observers),
        taskQueue: queues.main,
        activities: createReadActivities(dependencies),
      }),
    control: () =>
      Worker.create({ ...shared, taskQueue: queues.control, activities: createControlActivities(dependencies) }),
    copy: () =>
      Worker.create({
        ...shared,
        taskQueue: queues.copy,
        activities: createChangeActivities(dependencies),
        maxConcurrentActivityTaskExecutions: options.copySlots,
      }),
  };
  const creations = options.queues.map(async (queue) => [queue, await create[queue]()] as const);
  const settled = await Promise.allSettled(creations);
  const created = new Map(settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])));
  const failed = settled.find((each) => each.status === 'rejected');
  if (failed !== undefined) {
    // One that was made holds the connection until it has run.
    await Promise.all([...created.values()].map((worker) => worker.runUntil(Promise.resolve())));
    throw failed.reason;
  }
  const main = created.get('main');
  return { main, others: [...created.values()].filter((worker) => worker !== main) };
}
