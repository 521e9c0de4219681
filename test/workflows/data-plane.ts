import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Client, Connection, type WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import {
  bundleWorkflowCode,
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { createChangeActivities, createControlActivities, createReadActivities } from '../../src/activities/index.js';
import {
  type ChangeEvents,
  type ChangeState,
  type ChangeStatus,
  type MessageArguments,
  type MessageName,
  type MessageResult,
  QUERIES,
  type SchemaChangeInput,
  type SchemaChangeResult,
  SternaError,
  taskQueues,
} from '../../src/contract/index.js';
import { Observers, observerSinks } from '../../src/worker/observers.js';
import type { schemaChange } from '../../src/workflows/index.js';
import { testServers } from '../support/servers.js';
import { until } from '../support/until.js';
import { plan, plannedTask } from './plans.js';
import { ScriptedTarget } from './scripted-target.js';

const QUIET = () => undefined;
const LOG = { debug: QUIET, info: QUIET, warn: QUIET, error: QUIET };

type Handle = WorkflowHandleWithFirstExecutionRunId<typeof schemaChange>;

/** Workers of one data plane over scripted targets, on the real Temporal server. */
export class TestDataPlane implements AsyncDisposable {
  readonly name = `test-${randomBytes(5).toString('hex')}`;
  readonly targets = new Map<string, ScriptedTarget>();
  /** What activities asked of the router. */
  readonly requests: { readonly target: string; readonly environment: string }[] = [];
  #workers:
    | { readonly all: readonly Worker[]; readonly drain: AbortController; readonly running: Promise<unknown> }
    | undefined;
  readonly observers = new Observers(LOG);
  #started = 0;

  private constructor(
    private readonly connection: Connection,
    private readonly native: NativeConnection,
    readonly bundle: WorkflowBundleWithSourceMap,
    readonly client: Client,
  ) {}

  static async start(): Promise<TestDataPlane> {
    Runtime.install({ logger: new DefaultLogger('ERROR', QUIET) });
    const address = testServers().temporalAddress;
    const connection = await Connection.connect({ address });
    const native = await NativeConnection.connect({ address });
    const bundle = await bundleWorkflowCode({
      workflowsPath: fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url)),
      workflowInterceptorModules: [fileURLToPath(new URL('../../src/workflows/replay-guard.ts', import.meta.url))],
      logger: new DefaultLogger('ERROR', QUIET),
    });
    const plane = new TestDataPlane(connection, native, bundle, new Client({ connection }));
    await plane.startWorkers();
    return plane;
  }

  async startWorkers(): Promise<void> {
    const drain = new AbortController();
    const use = async <T>(
      request: { target: string; environment: string },
      work: (client: ScriptedTarget) => Promise<T>,
    ): Promise<T> => {
      this.requests.push(request);
      if (drain.signal.aborted) throw new SternaError('router_closed', 'closed');
      const target = this.targets.get(request.target);
      if (target === undefined) throw new SternaError('target_unknown', `no target ${request.target}`);
      return work(target);
    };
    const router = {
      use,
      read: use,
      inventoryHealth: () => Promise.resolve({ stale: false }),
      list: () =>
        Promise.resolve(
          [...this.targets.keys()].map((target) => ({
            target,
            environment: 'test',
            type: 'mysql' as const,
            labels: {},
          })),
        ),
    } as unknown as Parameters<typeof createReadActivities>[0]['router'] &
      Parameters<typeof createChangeActivities>[0]['router'];
    const dependencies = { router, observers: this.observers, drain: drain.signal, log: LOG };
    const queues = taskQueues(this.name);
    const shared = {
      connection: this.native,
      maxHeartbeatThrottleInterval: '200ms',
      defaultHeartbeatThrottleInterval: '200ms',
      shutdownGraceTime: '5s',
    } as const;
    const all = await Promise.all([
      Worker.create({
        ...shared,
        taskQueue: queues.main,
        workflowBundle: this.bundle,
        sinks: observerSinks(this.observers),
        activities: createReadActivities(dependencies),
      }),
      Worker.create({ ...shared, taskQueue: queues.control, activities: createControlActivities(dependencies) }),
      Worker.create({ ...shared, taskQueue: queues.copy, activities: createChangeActivities(dependencies) }),
    ]);
    this.#workers = { all, drain, running: Promise.all(all.map((worker) => worker.run())) };
  }

  /** As on SIGTERM: steps hand over, pollers stop. */
  async stopWorkers(): Promise<void> {
    const workers = this.#workers;
    if (workers === undefined) return;
    this.#workers = undefined;
    workers.drain.abort();
    for (const worker of workers.all) if (worker.getState() === 'RUNNING') worker.shutdown();
    await workers.running;
  }

  /** No worker of workflows any more, while activities go on. */
  async stopWorkflows(): Promise<void> {
    const workflows = this.#workers?.all[0];
    workflows?.shutdown();
    await until('the worker of workflows has ended', () => workflows?.getState() === 'STOPPED');
  }

  /** A target of its own, with the plan it will make. */
  target(...tasks: ReturnType<typeof plannedTask>[]): { name: string; script: ScriptedTarget } {
    const name = `shop-${this.name}-${this.targets.size + 1}`;
    const script = new ScriptedTarget(plan(tasks.length > 0 ? tasks : [plannedTask('a')], name));
    this.targets.set(name, script);
    return { name, script };
  }

  newId(target = 'shop'): string {
    this.#started += 1;
    return `${target}.test.${this.name}-${this.#started}`;
  }

  async begin(input: Partial<SchemaChangeInput> = {}, workflowId = this.newId(input.target)): Promise<TestChange> {
    const handle = await this.client.workflow.start<typeof schemaChange>('schemaChange', {
      taskQueue: this.name,
      workflowId,
      args: [
        {
          target: 'shop',
          environment: 'test',
          ...(input.schema ? {} : { statements: { shop: ['ALTER TABLE `a` ENGINE=InnoDB'] } }),
          ...input,
        },
      ],
    });
    return new TestChange(handle);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopWorkers();
    await this.native.close();
    await this.connection.close();
  }
}

export class TestChange {
  constructor(readonly handle: Handle) {}

  get id(): string {
    return this.handle.workflowId;
  }
  status(): Promise<ChangeStatus> {
    return this.handle.query<ChangeStatus>(QUERIES.status);
  }
  events(): Promise<ChangeEvents> {
    return this.handle.query<ChangeEvents>(QUERIES.events);
  }
  result(): Promise<SchemaChangeResult> {
    return this.handle.result();
  }
  send<N extends MessageName>(name: N, message?: Partial<MessageArguments[N]>): Promise<MessageResult> {
    return this.handle.executeUpdate<MessageResult, [object]>(name, { args: [{ caller: 'test', ...message }] });
  }
  async signal<N extends MessageName>(name: N, message?: Partial<MessageArguments[N]>): Promise<void> {
    await this.handle.signal<[object]>(name, { caller: 'test', ...message });
  }
  async reaches(state: ChangeState): Promise<ChangeStatus> {
    let status = await this.status();
    await until(`${this.id} is ${state}`, async () => (status = await this.status()).state === state, {
      timeoutMs: 20_000,
    });
    return status;
  }
  /** How Temporal shows it. */
  async temporalStatus(): Promise<string> {
    return (await this.handle.describe()).status.name;
  }
}
