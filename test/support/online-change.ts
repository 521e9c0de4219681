import type { PlannedTask, StepInput, StepOutcome, TaskProgress } from '../../src/contract/index.js';
import { type EngineContext, OnlineChange, type Point } from '../../src/engine/index.js';
import { StateTable } from '../../src/engine/state-table.js';
import type { ThrottleOptions } from '../../src/engine/throttle.js';
import { fingerprint, MysqlServer, readDefinition } from '../../src/mysql/index.js';
import { planChange } from '../../src/planner/index.js';
import type { TestNamespace } from './namespace.js';
import { connectionConfig, type TestServer } from './servers.js';

/** What the engine says of a row that is wrong for no reason that it knows. */
export const REPAIRED = 'rows differ without a pending change';

/** Tests run beside each other: what a server under load is like, they say themselves. */
export const BUSY_MACHINE = {
  threadsRunning: 1_000_000,
  commitMs: 1_000_000,
  historyListLength: 1_000_000_000,
  copies: 1_000,
};
/** Copies of other tests take no place away, and the load is looked at. */
export const MANY_COPIES: ThrottleOptions = { replicas: [], limits: { copies: 1_000 } };

/** One change of one table by the engine alone, as the workflow would drive it. */
export class EngineChange implements AsyncDisposable {
  readonly progress: TaskProgress[] = [];
  readonly logged: string[] = [];
  readonly entries: Readonly<Record<string, unknown>>[] = [];
  /** Awaited at each point that the engine reaches: where faults are injected. */
  reached: (point: Point) => Promise<void> = () => Promise.resolve();
  /** Asked by every attempt before it claims the change. */
  confirm: () => Promise<void> = () => Promise.resolve();
  /** Rows are made wrong on purpose. Else a repair tells of a write that was lost first. */
  expectsRepairs = false;
  #control = { sequence: 1, run: 'run' as 'run' | 'stop', volume: 11, cutover: false };

  private constructor(
    public server: MysqlServer,
    public change: OnlineChange,
    readonly step: StepInput,
  ) {}

  /** From now on by another way, such as a proxy. */
  async reach(server: TestServer): Promise<void> {
    await this.server.close();
    this.server = await MysqlServer.open(connectionConfig(server));
    this.change = new OnlineChange(this.server, (namespace) => namespace, MANY_COPIES);
  }

  /** `alter` is what follows "ALTER TABLE `t` ". The desired definition is what the server makes of it. */
  static async plan(
    space: Pick<TestNamespace, 'name' | 'server'>,
    table: string,
    alter: string,
    estimatedRows = 1_000_000,
    throttling: ThrottleOptions = { replicas: [], limits: BUSY_MACHINE },
  ): Promise<EngineChange> {
    const server = await MysqlServer.open(connectionConfig(space.server));
    const model = `${table}_model`;
    await using session = await server.connect({ namespace: space.name });
    await session.execute(`CREATE TABLE \`${model}\` LIKE \`${table}\``);
    await session.execute(`ALTER TABLE \`${model}\` ${alter}`);
    const live = (await readDefinition(session, space.name, table)) ?? '';
    const desired = (await readDefinition(session, space.name, model)) ?? '';
    await session.execute(`DROP TABLE \`${model}\``);
    const task: PlannedTask = {
      id: `${space.name}.${table}`,
      namespace: space.name,
      table,
      action: 'alter',
      statements: [`ALTER TABLE \`${table}\` ${alter}`],
      execution: 'copy',
      executionReason: '',
      safety: 'safe',
      reasons: [],
      lint: [],
      liveDefinition: live,
      desiredDefinition: desired,
      liveFingerprint: fingerprint(live),
      desiredFingerprint: fingerprint(desired),
      estimatedRows,
      estimatedBytes: 0,
    };
    await server.close();
    return await EngineChange.of(space, task, throttling);
  }

  /** The same change by another user. */
  as(server: MysqlServer, throttling: ThrottleOptions): EngineChange {
    return new EngineChange(server, new OnlineChange(server, (namespace) => namespace, throttling), this.step);
  }

  /** As the planner plans it, from a statement; a plan that is blocked is an error. */
  static async planned(
    space: TestNamespace,
    table: string,
    alter: string,
    estimatedRows?: number,
  ): Promise<EngineChange> {
    const server = await MysqlServer.open(connectionConfig(space.server));
    const log = { warn: () => undefined };
    const physical = (namespace: string): string => namespace;
    const plan = await planChange(
      { server, physical, signal: new AbortController().signal, log },
      {
        target: 'test',
        environment: 'test',
        type: 'mysql',
        statements: { [space.name]: [`ALTER TABLE ${table} ${alter}`] },
      },
    );
    const [task] = plan.tasks;
    if (task === undefined || task.safety === 'blocked' || task.execution !== 'copy') {
      await server.close();
      throw new Error(`Expected a plan that copies ${table}, got ${JSON.stringify(task?.reasons ?? plan)}.`);
    }
    await server.close();
    return EngineChange.of(space, { ...task, estimatedRows: estimatedRows ?? task.estimatedRows });
  }

  /** Of a plan that was made elsewhere. */
  static async of(
    space: Pick<TestNamespace, 'name' | 'server'>,
    task: PlannedTask,
    throttling: ThrottleOptions = { replicas: [], limits: BUSY_MACHINE },
  ): Promise<EngineChange> {
    const server = await MysqlServer.open(connectionConfig(space.server));
    const change = new OnlineChange(server, (namespace) => namespace, throttling);
    return new EngineChange(server, change, stepOf(space, task));
  }

  context(
    signal: AbortSignal = new AbortController().signal,
    drain: AbortSignal = new AbortController().signal,
  ): EngineContext {
    const note = (fields: object, message: string): void => {
      this.logged.push(message);
      this.entries.push({ ...fields, message });
    };
    return {
      signal,
      drain,
      alive: () => undefined,
      confirm: () => this.confirm(),
      progress: (progress) => void this.progress.push(progress),
      reached: (point) => this.reached(point),
      log: { debug: note, info: note, warn: note, error: note },
    };
  }

  prepare(context = this.context()): Promise<StepOutcome> {
    return this.change.prepareTables(this.step, context);
  }
  copy(context = this.context()): Promise<StepOutcome> {
    return this.change.copyTables(this.step, context);
  }
  hold(context = this.context()): Promise<StepOutcome> {
    return this.change.holdTables(this.step, context);
  }
  cutOver(context = this.context()): Promise<StepOutcome> {
    return this.change.cutOver(this.step, context);
  }
  guard(context = this.context()): Promise<StepOutcome> {
    return this.change.guardRevert(this.step, context);
  }
  revert(context = this.context()): Promise<StepOutcome> {
    return this.change.revertTables(this.step, context);
  }
  cleanUp(context = this.context()): Promise<void> {
    return this.change.cleanUp(this.step, context);
  }
  async control(
    change: Partial<{ run: 'run' | 'stop'; volume: number; cutover: boolean }>,
  ): Promise<readonly string[]> {
    this.#control = { ...this.#control, ...change, sequence: this.#control.sequence + 1 };
    return (await this.change.writeControl({ ...this.step, control: this.#control }, this.context())).swapped;
  }

  /** prepare and copy, and then back to where rows are to be compared; slowly, so that much happens meanwhile. */
  async prepareToCompare(): Promise<void> {
    await this.prepare();
    await this.copy();
    const [task] = this.step.tasks;
    await using session = await this.server.connect();
    const state = new StateTable(this.step.changeId, this.step.stateNamespace);
    await state.updateTable(session, task?.id ?? '', { phase: 'verifying', checked: null });
    await this.control({ volume: 1 });
  }

  /** prepare, copy, cut over, clean up. */
  async run(): Promise<void> {
    await this.prepare();
    await this.copy();
    await this.cutOver();
    await this.cleanUp();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
    if (!this.expectsRepairs && this.logged.includes(REPAIRED))
      throw new Error(`Expected that nothing is lost, found rows that were lost first and repaired (E2).`);
  }
}

function stepOf(space: Pick<TestNamespace, 'name'>, task: PlannedTask): StepInput {
  return {
    changeId: `${space.name}.${task.table}`,
    route: { target: 'test', environment: 'test', type: 'mysql', namespaces: [space.name] },
    planHash: 'a'.repeat(64),
    stateNamespace: space.name,
    tasks: [task],
    control: { sequence: 1, run: 'run', volume: 11, cutover: false },
  };
}

/** Fills `(id, k, note)` with `rows` rows. */
export async function fill(space: TestNamespace, table: string, rows: number): Promise<void> {
  await space.query(`SET SESSION cte_max_recursion_depth = 10000000`);
  await space.query(
    `INSERT INTO \`${table}\` (id, k, note) SELECT n, n, REPEAT('x', 100) FROM
       (WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < ${rows}) SELECT n FROM s) q`,
  );
}

export const PLAIN_TABLE =
  'CREATE TABLE `t` (id BIGINT AUTO_INCREMENT PRIMARY KEY, k INT NOT NULL, note VARCHAR(200) NOT NULL, KEY k (k))';
