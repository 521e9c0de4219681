import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from 'mysql2/promise';
import { expect } from 'vitest';
import { SternaError, type StepInput, type StepOutcome } from '../../src/contract/index.js';
import { type Point, stateTableName } from '../../src/engine/index.js';
import { fingerprint, MysqlServer, readDefinition } from '../../src/mysql/index.js';
import { EngineProcess, type StepName } from './engine-process.js';
import { TestNamespace } from './namespace.js';
import { EngineChange } from './online-change.js';
import { mulberry32 } from './random.js';
import { connect, connectionConfig, type TestServer } from './servers.js';
import { until } from './until.js';
import { Writer } from './writer.js';

const STEPS: readonly StepName[] = ['prepareTables', 'copyTables', 'holdTables', 'cutOver', 'cleanUp'];

/** What is done to the table: with and without unique keys that are stricter, with and without an index to be built later. */
const ALTERS = [
  'MODIFY k BIGINT NOT NULL, ADD COLUMN extra INT NULL AFTER id',
  'ADD UNIQUE KEY n (note), MODIFY k BIGINT NOT NULL',
  'MODIFY note VARCHAR(300) NOT NULL, ADD KEY later (note, k)',
] as const;

export interface ChaosOptions {
  readonly seed: number;
  readonly server: TestServer;
  /** The server as the engine reaches it. @default the same */
  readonly through?: TestServer;
  /** The engine runs in a process of its own until that is killed. @default false */
  readonly apart?: boolean;
}

/** The whole life of a change of a small table under load, into which faults are injected; ends with an exact account. */
export class ChaosRun implements AsyncDisposable {
  readonly hits = new Map<Point, number>();
  /** The engine's answers that were errors. */
  readonly errors: string[] = [];
  /** Aborted to cancel the change. */
  abort = new AbortController();
  drain = new AbortController();
  /** The change has ended by another hand: whoever asks is told so. */
  over = false;
  /** The step that runs. */
  step: StepName = 'prepareTables';
  process: EngineProcess | undefined;

  private constructor(
    readonly options: ChaosOptions,
    readonly random: () => number,
    readonly space: TestNamespace,
    readonly change: EngineChange,
    readonly writer: Writer,
  ) {}

  static async create(options: ChaosOptions): Promise<ChaosRun> {
    const random = mulberry32(options.seed);
    const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;
    const space = await TestNamespace.create('chaos', options.server);
    space.connection.on('error', () => undefined); // it goes down with the server
    const volume = pick([11, 11, 11, 4, 1]);
    for (const table of ['t', 's']) {
      await space.query(
        `CREATE TABLE ${table} (id BIGINT AUTO_INCREMENT PRIMARY KEY, k INT NOT NULL, note VARCHAR(200) NOT NULL, u BIGINT NULL, KEY k (k), UNIQUE KEY u (u))`,
      );
      await space.query(
        `INSERT INTO ${table} SELECT n, n, CONCAT('row ', n), n FROM
           (WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 1000) SELECT n FROM s) q`,
      );
    }
    // Enough for several chunks, and for several rounds where they are small.
    for (let rows = 1_000; rows < (volume === 1 ? 4_000 : 2_000); rows *= 2)
      await space.query(`INSERT INTO t SELECT id + ${rows}, k, CONCAT('row ', id + ${rows}), u + ${rows} FROM t`);
    const change = await EngineChange.plan(space, 't', pick(ALTERS));
    if (options.through !== undefined) await change.reach(options.through);
    const writer = await Writer.start({
      server: options.server,
      namespace: space.name,
      table: 't',
      second: 's',
      rate: 200,
      seed: options.seed,
      xa: random() < 0.3,
      longMs: 300,
    });
    const run = new ChaosRun(options, random, space, change, writer);
    if (options.apart === true) run.process = await EngineProcess.start(options.server);
    change.reached = (point) => run.#reached(point);
    change.confirm = () =>
      run.over ? Promise.reject(new SternaError('driver_replaced', 'the change has ended')) : Promise.resolve();
    await change.control({ volume });
    return run;
  }

  /** What the fault has to look at or to undo when the attempt that it hit has ended. */
  afterAttempt: (() => Promise<void>) | undefined;
  /** Called at every point. */
  onPoint: (point: Point, nth: number) => Promise<void> = () => Promise.resolve();

  async #reached(point: Point): Promise<void> {
    const nth = (this.hits.get(point) ?? 0) + 1;
    this.hits.set(point, nth);
    await this.onPoint(point, nth);
  }

  /** Runs all steps, each again until it has done its work, as Temporal would; of a cancelled change only the last. */
  async drive(from: StepName = 'prepareTables'): Promise<void> {
    const deadline = performance.now() + 90_000;
    for (const name of STEPS.slice(STEPS.indexOf(from))) {
      this.step = name;
      if (name === 'holdTables') await this.#again(() => this.change.control({ cutover: true }));
      for (;;) {
        if (performance.now() > deadline) throw new Error(`Still at ${name}; ${this.errors.join('; ')}`);
        if (this.abort.signal.aborted && name !== 'cleanUp') break;
        const outcome = await this.#attempt(name);
        await this.afterAttempt?.().finally(() => (this.afterAttempt = undefined));
        if (this.over) return;
        if (outcome === 'again') continue;
        if (outcome?.outcome === 'stopped') await this.#again(() => this.change.control({ run: 'run' }));
        else if (outcome?.outcome === 'handover') this.drain = new AbortController();
        else break;
      }
    }
  }

  async #attempt(name: StepName): Promise<StepOutcome | null | 'again'> {
    try {
      return await this.runStep(name);
    } catch (error) {
      if (this.over) return null;
      // The clean-up of a cancelled change is tried again, as any step.
      if (this.abort.signal.aborted && name !== 'cleanUp') return null;
      if (!(error instanceof SternaError) || !error.retryable) throw error;
      this.errors.push(`${name}: ${error.message}`);
      await delay(100); // as Temporal does between two attempts
      return 'again';
    }
  }

  /** One attempt. */
  async runStep(name: StepName): Promise<StepOutcome | null> {
    const { change, process } = this;
    if (process !== undefined) {
      const step: StepInput = { ...change.step };
      const logged = (message: string): void => void change.logged.push(message);
      return process.run(name, step, { reached: (point) => this.#reached(point), logged });
    }
    // A cancelled change is cleaned up by an activity of its own, which nobody cancels.
    const signal = name === 'cleanUp' ? new AbortController().signal : this.abort.signal;
    const context = change.context(signal, this.drain.signal);
    return (await change.change[name](change.step, context)) ?? null;
  }

  async #again<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof SternaError) || !error.retryable) throw error;
        await delay(50);
      }
    }
  }

  /** Of this change: its connections, the binlog stream's among them. */
  async connections(admin: Connection): Promise<number[]> {
    const [rows] = await admin.query(
      `SELECT PROCESSLIST_ID AS id FROM performance_schema.session_account_connect_attrs
        WHERE ATTR_NAME = 'sterna_change' AND ATTR_VALUE = ? ORDER BY 1`,
      [this.change.step.changeId],
    );
    return (rows as { id: number | string }[]).map(({ id }) => Number(id));
  }

  get state(): string {
    return stateTableName(this.change.step.changeId);
  }

  async isSwapped(): Promise<boolean> {
    const server = await MysqlServer.open(connectionConfig(this.options.server));
    await using session = await server.connect();
    const definition = (await readDefinition(session, this.space.name, 't')) ?? '';
    await server.close();
    return fingerprint(definition) === this.change.step.tasks[0]?.desiredFingerprint;
  }

  /** Exact: every acknowledged write and nothing else, the definition as planned (or untouched), no leftovers (E2, E7). */
  async account(): Promise<void> {
    const { space, writer, change, options } = this;
    await writer.stop();
    const admin = await connect(options.server, space.name);
    const server = await MysqlServer.open(connectionConfig(options.server));
    try {
      const seed = `seed ${options.seed}, ${this.errors.join('; ')}`;
      expect(await writer.differences(admin), seed).toEqual([]);
      const [tables] = await admin.query('SHOW TABLES');
      expect((tables as Record<string, string>[]).flatMap((row) => Object.values(row)).sort(), seed).toEqual([
        's',
        't',
      ]);
      await using session = await server.connect();
      const definition = (await readDefinition(session, space.name, 't')) ?? '';
      const [task] = change.step.tasks;
      const isSwapped = fingerprint(definition) === task?.desiredFingerprint;
      if (!this.abort.signal.aborted) expect(isSwapped, seed).toBe(true);
      else if (!isSwapped) expect(fingerprint(definition), seed).toBe(task?.liveFingerprint);
      expect(change.logged, seed).not.toContain('rows differ without a pending change');
      await until('its connections are gone', async () => (await this.connections(admin)).length === 0);
    } finally {
      await server.close();
      await admin.end();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process?.kill();
    await this.change.server.close();
    await this.writer.stop().catch(() => undefined); // after a failure that is the test's
    await this.space.drop();
  }
}

/** Resolves when `work` has settled, or waits for a lock of the server: whatever holds it has to go on first. */
export async function settledOrBlocked(server: TestServer, work: Promise<unknown>, about: string): Promise<void> {
  let settled = false;
  work.then(
    () => (settled = true),
    () => (settled = true),
  );
  const admin = await connect(server);
  try {
    await until(
      'it is done or waits for a lock',
      async () => {
        if (settled) return true;
        const [rows] = await admin.query(
          `SELECT 1 FROM performance_schema.threads t
            WHERE t.PROCESSLIST_INFO LIKE ? AND t.PROCESSLIST_ID <> CONNECTION_ID() AND
              (t.PROCESSLIST_STATE LIKE 'Waiting for%' OR t.PROCESSLIST_STATE = 'User lock' OR t.THREAD_ID IN (
                SELECT REQUESTING_THREAD_ID FROM performance_schema.data_lock_waits))`,
          [`%${about}%`],
        );
        return (rows as unknown[]).length > 0;
      },
      { intervalMs: 5 },
    );
  } finally {
    await admin.end();
  }
}
