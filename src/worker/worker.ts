import { isGrpcServiceError } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { DefaultLogger, NativeConnection, Runtime, type Worker } from '@temporalio/worker';
import type { Logger } from 'pino';
import { SternaError } from '../contract/index.js';
import { openRouter, type TargetRouter } from '../router/index.js';
import { prebuiltBundle } from './bundle.js';
import { HealthServer } from './health-server.js';
import { logObserver } from './log-observer.js';
import { freeAddress, Metrics } from './metrics.js';
import { Observers } from './observers.js';
import type { WorkerOptions } from './options.js';
import { probeTargets } from './probe.js';
import { createWorkers } from './queue-workers.js';
import { webhookObserver } from './webhook-observer.js';

const GRPC_NOT_FOUND = 5;

/**
 * A worker of a data plane: its task queues over one connection and one bundle, one router.
 *
 * Ends in order: `drain` tells the activities at once, which hand over; then pollers stop, the router
 * closes, the process may exit.
 */
export class SternaWorker {
  readonly #drain = new AbortController();

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
    const drain = new AbortController();
    let connection: NativeConnection | undefined;
    let health: HealthServer | undefined;
    let worker: SternaWorker | undefined = undefined;
    try {
      // Before there are Workers: a connection that Workers hold cannot be closed again.
      if (options.healthPort !== undefined && runtimeMetrics !== undefined) {
        const metrics = new Metrics(router, observers, runtimeMetrics, log);
        health = await HealthServer.listen(options.healthHost, options.healthPort, {
          ready: () => worker?.ready ?? false,
          metrics: () => metrics.text(),
          log,
        });
      }
      const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
      connection = await connect(connectionOptions);
      await assertNamespace(connection, namespace);
      const workers = await createWorkers({ ...options, connection, namespace, bundle, router, observers, drain, log });
      worker = new SternaWorker(workers.main, workers.others, connection, router, observers, health, log, drain);
      return worker;
    } catch (error) {
      await health?.[Symbol.asyncDispose]();
      await router.close();
      await observers.close();
      await connection?.close();
      throw error;
    }
  }

  /** The pollers of every queue that it serves run, and no shutdown has begun. */
  get ready(): boolean {
    return !this.#drain.signal.aborted && this.#workers.every((worker) => worker.getState() === 'RUNNING');
  }

  /** Where it listens; undefined without a health server. */
  get healthPort(): number | undefined {
    return this.health?.port;
  }

  /** Runs until `shutdown`; throws when a poller fails for good. */
  async run(onReady: () => void = () => undefined): Promise<void> {
    const running = Promise.all([this.main?.run(), this.#runOthers()]);
    onReady();
    const probing = probeTargets(this.router, this.#drain.signal, this.log);
    try {
      await running;
    } finally {
      this.#drain.abort();
      for (const worker of this.#workers) if (worker.getState() === 'RUNNING') worker.shutdown();
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

  get #workers(): readonly Worker[] {
    return this.main === undefined ? this.others : [this.main, ...this.others];
  }

  /**
   * The workflows' own worker ends last: it passes the steps that hand over on to other workers. On a signal Temporal's runtime
   * ends all at once, and another worker does that.
   */
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

/** What the SDK fails with otherwise leaves its threads behind, and the process would not end. */
async function assertNamespace({ workflowService }: NativeConnection, namespace: string): Promise<void> {
  try {
    await workflowService.describeNamespace({ namespace });
  } catch (error) {
    if (isGrpcServiceError(error) && Number(error.code) === GRPC_NOT_FOUND)
      throw new SternaError(
        'config_invalid',
        `Expected the namespace ${namespace} in Temporal, found none. Make it, or correct TEMPORAL_NAMESPACE or the profile.`,
      );
    throw new SternaError('temporal_unreachable', `Temporal does not tell of its namespace ${namespace}.`, {
      cause: error,
    });
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
