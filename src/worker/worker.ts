import { loadClientConnectConfig } from '@temporalio/envconfig';
import {
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  type WorkerOptions as TemporalWorkerOptions,
} from '@temporalio/worker';
import type { Logger } from 'pino';
import { createChangeActivities, createControlActivities, createReadActivities } from '../activities/index.js';
import { GzipCodec } from '../codec/index.js';
import { SternaError, taskQueues } from '../contract/index.js';
import { openRouter, type TargetRouter } from '../router/index.js';
import { prebuiltBundle, workflowsOf } from './bundle.js';
import { HealthServer } from './health-server.js';
import { logObserver } from './log-observer.js';
import { freeAddress, Metrics } from './metrics.js';
import { Observers, observerSinks } from './observers.js';
import type { QueueName, WorkerOptions } from './options.js';
import { probeTargets } from './probe.js';
import { webhookObserver } from './webhook-observer.js';

/** After a drain, how long activities have to write their position and hand over. */
const GRACE = '20s';

/**
 * A worker of a data plane: its task queues over one connection and one bundle, one router.
 *
 * Ends in order: `drain` tells the activities at once, which hand over; then pollers stop, the router
 * closes, the process may exit.
 */
export class SternaWorker {
  readonly #drain = new AbortController();
  #ready = false;

  private constructor(
    /** Of the workflows; absent where others serve them. */
    private readonly main: Worker | undefined,
    private readonly others: readonly Worker[],
    private readonly connection: NativeConnection,
    readonly router: TargetRouter,
    /** Those of the worker, and of single changes. */
    readonly observers: Observers,
    private readonly health: HealthServer | undefined,
    private readonly log: Logger,
    drain: AbortController,
  ) {
    this.#drain = drain;
  }

  /**
   * Connects to Temporal, by `TEMPORAL_*` or a profile; once per process, since its runtime is the process's.
   *
   * @param bundle path of a prebuilt workflow bundle; found by itself in a built package
   */
  static async create(options: WorkerOptions, log: Logger, bundle = prebuiltBundle()): Promise<SternaWorker> {
    const runtimeMetrics = installRuntime(log, options.healthPort === undefined ? undefined : await freeAddress());
    const router = await openRouter(options.inventory, log, { maxClients: options.maxClients });
    const observers = new Observers(log);
    observers.observe(logObserver(log));
    if (options.webhook !== undefined) observers.observe(webhookObserver(options.webhook, log));
    let connection: NativeConnection | undefined;
    let health: HealthServer | undefined;
    try {
      const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
      connection = await connect(connectionOptions);
      const drain = new AbortController();
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
      const [main, ...others] = await Promise.all([
        options.queues.includes('main') ? create.main() : undefined,
        ...options.queues.filter((queue) => queue !== 'main').map((queue) => create[queue]()),
      ]);
      let worker: SternaWorker | undefined = undefined;
      const metrics = runtimeMetrics === undefined ? undefined : new Metrics(router, observers, runtimeMetrics, log);
      if (options.healthPort !== undefined) {
        health = await HealthServer.listen(options.healthHost, options.healthPort, {
          ready: () => worker?.ready ?? false,
          metrics: () => metrics?.text() ?? Promise.resolve(''),
          log,
        });
      }
      worker = new SternaWorker(main, others, connection, router, observers, health, log, drain);
      return worker;
    } catch (error) {
      await health?.[Symbol.asyncDispose]();
      await router.close();
      await observers.close();
      await connection?.close();
      throw error;
    }
  }

  /** Pollers run, and no shutdown has begun. */
  get ready(): boolean {
    return this.#ready && !this.#drain.signal.aborted;
  }

  /** Where it listens; undefined without a health server. */
  get healthPort(): number | undefined {
    return this.health?.port;
  }

  /** Runs until `shutdown`; throws when a poller fails for good. */
  async run(onReady: () => void = () => undefined): Promise<void> {
    const running = Promise.all([this.main?.run(), this.#runOthers()]);
    this.#ready = true;
    onReady();
    const probing = probeTargets(this.router, this.#drain.signal, this.log);
    try {
      await running;
    } finally {
      this.#drain.abort();
      for (const worker of [this.main, ...this.others]) if (worker?.getState() === 'RUNNING') worker.shutdown();
      await this.router.close();
      await probing;
      await this.observers.close();
      await this.health?.[Symbol.asyncDispose]();
      await this.connection.close();
    }
  }

  /** Safe to call twice. */
  shutdown(): void {
    if (this.#drain.signal.aborted) return;
    this.log.info({}, 'draining: steps write their position and hand over');
    this.#drain.abort();
    for (const worker of this.others) worker.shutdown();
    if (this.others.length === 0) this.main?.shutdown();
  }

  /** The workflows' own worker ends last: it passes the steps that hand over on to other workers. */
  async #runOthers(): Promise<void> {
    if (this.others.length === 0) return;
    try {
      await Promise.all(this.others.map((worker) => worker.run()));
    } finally {
      if (this.main?.getState() === 'RUNNING') this.main.shutdown();
    }
  }
}

async function connect(
  options: ReturnType<typeof loadClientConnectConfig>['connectionOptions'],
): Promise<NativeConnection> {
  try {
    return await NativeConnection.connect(options);
  } catch (error) {
    throw new SternaError(
      'temporal_unreachable',
      `No connection to Temporal at ${options.address ?? 'localhost:7233'}. Check TEMPORAL_ADDRESS or the profile.`,
      { cause: error },
    );
  }
}

/** Once per process. Returns where Temporal serves its metrics. */
function installRuntime(log: Logger, metricsAddress: string | undefined): string | undefined {
  Runtime.install({
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      if (message.startsWith('No workflows registered')) return; // the queues of controls and steps have none, on purpose
      log[level === 'TRACE' ? 'trace' : level === 'WARN' ? 'warn' : level === 'ERROR' ? 'error' : 'debug'](
        { ...meta },
        message,
      );
    }),
    ...(metricsAddress === undefined
      ? {}
      : { telemetryOptions: { metrics: { prometheus: { bindAddress: metricsAddress } } } }),
  });
  return metricsAddress;
}
