import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
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
import { HealthServer } from './health-server.js';
import { freeAddress, Metrics } from './metrics.js';
import type { WorkerOptions } from './options.js';

/** After a drain, how long activities have to write their position and hand over. */
const GRACE = '20s';

/**
 * A worker of a data plane: three task queues over one connection and one bundle, one router.
 *
 * Ends in order: `drain` tells the activities at once, which hand over; then pollers stop, the router
 * closes, the process may exit.
 */
export class SternaWorker {
  readonly #drain = new AbortController();
  #ready = false;

  private constructor(
    private readonly workers: readonly Worker[],
    private readonly connection: NativeConnection,
    readonly router: TargetRouter,
    private readonly health: HealthServer | undefined,
    private readonly log: Logger,
    drain: AbortController,
  ) {
    this.#drain = drain;
  }

  /** @param bundle path of a prebuilt workflow bundle; found by itself in a built package */
  static async create(options: WorkerOptions, log: Logger, bundle = prebuiltBundle()): Promise<SternaWorker> {
    const runtimeMetrics = installRuntime(log, options.healthPort === undefined ? undefined : await freeAddress());
    const router = await openRouter(options.inventory, log);
    let connection: NativeConnection | undefined;
    let health: HealthServer | undefined;
    try {
      const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
      connection = await connect(connectionOptions);
      const drain = new AbortController();
      const dependencies = { router, drain: drain.signal, log };
      const queues = taskQueues(options.dataPlane);
      const workflows =
        bundle === undefined
          ? {
              workflowsPath: workflowSource('index'),
              interceptors: { workflowModules: [workflowSource('replay-guard')] },
            }
          : { workflowBundle: { codePath: bundle } };
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
      const workers = await Promise.all([
        Worker.create({
          ...shared,
          ...workflows,
          taskQueue: queues.main,
          activities: createReadActivities(dependencies),
        }),
        Worker.create({ ...shared, taskQueue: queues.control, activities: createControlActivities(dependencies) }),
        Worker.create({
          ...shared,
          taskQueue: queues.copy,
          activities: createChangeActivities(dependencies),
          maxConcurrentActivityTaskExecutions: options.copySlots,
        }),
      ]);
      let worker: SternaWorker | undefined = undefined;
      const metrics = runtimeMetrics === undefined ? undefined : new Metrics(router, runtimeMetrics);
      if (options.healthPort !== undefined) {
        health = await HealthServer.listen(options.healthHost, options.healthPort, {
          ready: () => worker?.ready ?? false,
          metrics: () => metrics?.text() ?? Promise.resolve(''),
        });
      }
      worker = new SternaWorker(workers, connection, router, health, log, drain);
      return worker;
    } catch (error) {
      await health?.[Symbol.asyncDispose]();
      await router.close();
      await connection?.close();
      throw error;
    }
  }

  /** Pollers run, and no shutdown has begun. */
  get ready(): boolean {
    return this.#ready && !this.#drain.signal.aborted;
  }

  get healthPort(): number | undefined {
    return this.health?.port;
  }

  /** Runs until `shutdown`; throws when a poller fails for good. */
  async run(onReady: () => void = () => undefined): Promise<void> {
    const [main, ...others] = this.workers;
    // The workflows' own worker ends last: it passes the steps that hand over on to other workers.
    const handedOver = Promise.all(others.map((worker) => worker.run())).finally(() => {
      if (main?.getState() === 'RUNNING') main.shutdown();
    });
    const running = Promise.all([main?.run(), handedOver]);
    this.#ready = true;
    onReady();
    const probing = this.#probe();
    try {
      await running;
    } finally {
      this.#drain.abort();
      for (const worker of this.workers) if (worker.getState() === 'RUNNING') worker.shutdown();
      await this.router.close();
      await probing;
      await this.health?.[Symbol.asyncDispose]();
      await this.connection.close();
    }
  }

  /** Safe to call twice. */
  shutdown(): void {
    if (this.#drain.signal.aborted) return;
    this.log.info({}, 'draining: steps write their position and hand over');
    this.#drain.abort();
    for (const worker of this.workers.slice(1)) worker.shutdown();
  }

  /** Looks at every target that the inventory can list; a target that does not answer is only a warning. */
  async #probe(): Promise<void> {
    const signal = this.#drain.signal;
    try {
      for (const { target, environment } of await this.router.list(signal)) {
        if (signal.aborted) return;
        try {
          await this.router.use({ target, environment }, (client) =>
            client.probe({
              signal,
              drain: signal,
              alive: () => undefined,
              confirm: () => Promise.resolve(),
              progress: () => undefined,
              log: this.log,
            }),
          );
        } catch (error) {
          this.log.warn(
            { target, environment, code: error instanceof SternaError ? error.code : 'internal' },
            error instanceof Error ? error.message : 'probe failed',
          );
        }
      }
    } catch (error) {
      this.log.warn({ code: error instanceof SternaError ? error.code : 'internal' }, 'the targets cannot be listed');
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
      if (message.startsWith('No workflows registered')) return; // two of the three queues have none, on purpose
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

/** A module of the workflows, where they are not built. */
function workflowSource(name: string): string {
  return fileURLToPath(new URL(`../workflows/${name}.ts`, import.meta.url));
}

/** Beside this file in a built package; absent in a source checkout. */
function prebuiltBundle(): string | undefined {
  const candidates = ['./workflow-bundle.js', '../workflow-bundle.js'].map((place) =>
    fileURLToPath(new URL(place, import.meta.url)),
  );
  return candidates.find((candidate) => existsSync(candidate));
}
