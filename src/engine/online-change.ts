import {
  type CleanUpInput,
  type ControlInput,
  type ControlResult,
  type PlannedTask,
  SternaError,
  type StepInput,
  type StepOutcome,
  type TaskReport,
} from '../contract/index.js';
import { definingMode, type MysqlServer, PATIENCE, quoteTable, readDefinition, type Session } from '../mysql/index.js';
import type { EngineContext } from './context.js';
import { takeCopySlot } from './copy-slot.js';
import { type CopyTable, copyRows } from './copy.js';
import { Driver, Interrupted } from './driver.js';
import { sweepDropped } from './dropped.js';
import { checkRowsFit } from './fit-check.js';
import { keepEqual } from './keep-equal.js';
import { DEFAULT_LIMITS } from './load.js';
import { oldName, shadowName } from './names.js';
import { assertNotDrifted, type PhysicalTask, prepareTables } from './prepare.js';
import { followSwapped } from './revert.js';
import { Recheck } from './recheck.js';
import { resumeDeadline } from './resume-deadline.js';
import { ROW_SETTINGS } from './row-session.js';
import { buildIndexes } from './shadow.js';
import { copyStatistics } from './statistics.js';
import { areDone, runStatements } from './statements.js';
import { StateTable } from './state-table.js';
import { BACK, decideSwap, FORTH, isUnseen, swapOf, swapTables } from './swap.js';
import { Throttle, type ThrottleOptions } from './throttle.js';
import { readTableShape } from './table-shape.js';
import { verifyRows } from './verify.js';
import { MAX_CONNECTIONS } from './volume.js';

/** Statements wait at most this long for a metadata lock before they are tried again (E6). */
const DDL_LOCK_WAIT_SECONDS = 2;

/** What the steps of a copy know of a table. */
interface OnlineTable extends CopyTable {
  readonly task: PlannedTask;
}

/** Never written: the rows of the state table exist when it is removed. */
const NO_CONTROL = { sequence: 0, run: 'stop', volume: 1, cutover: false } as const;

/**
 * The steps of an online change on one server. Each claims the change, looks at where the target stands
 * and goes on from there; each may be run again after a crash at any point.
 */
export class OnlineChange {
  constructor(
    private readonly server: MysqlServer,
    /** Namespace of the plan -> MySQL schema; refuses what the target does not allow (R4). */
    private readonly physical: (namespace: string) => string,
    private readonly throttling: ThrottleOptions = { replicas: [], limits: {} },
  ) {}

  /** From now on the target has the state of the change, by which every later step knows it. */
  async claimTarget(step: StepInput, context: EngineContext): Promise<StepOutcome> {
    const state = new StateTable(step.changeId, this.physical(step.stateNamespace));
    const settings = { ...ROW_SETTINGS };
    await using session = await this.server.connect({ settings, signal: context.signal, answerMs: PATIENCE.answer });
    await state.ensure(session, step, () => context.confirm());
    return done({});
  }

  async runStatements(step: StepInput, context: EngineContext): Promise<StepOutcome> {
    if (step.begun === true && step.last === true && (await this.#isOver(step))) return done({});
    return this.#drive(step, context, async (driver) => {
      for (const task of this.#tasks(step)) {
        context.progress({ table: task.task.id, phase: 'instant', rows: 0, of: 0, percent: 0, rowsPerSecond: 0 });
        await using session = await this.#ddlSession(driver, task.namespace, task.task.directLimits !== undefined);
        await runStatements(driver, task, session);
      }
      if (step.last === true) {
        await this.#sweep(driver, step);
        await driver.runDdl(driver.main, `DROP TABLE ${driver.state.sql}`); // E7
      }
      return done({});
    });
  }

  prepareTables(step: StepInput, context: EngineContext): Promise<StepOutcome> {
    return this.#drive(step, context, async (driver) => {
      const { replicaLagSeconds } = { ...DEFAULT_LIMITS, ...this.throttling.limits };
      const ddl = (namespace: string): Promise<Session> => this.#ddlSession(driver, namespace);
      await prepareTables(driver, this.#tasks(step), ddl, replicaLagSeconds);
      return done({});
    });
  }

  copyTables(step: StepInput, context: EngineContext): Promise<StepOutcome> {
    return this.#drive(step, context, async (driver) => {
      for (const task of this.#tasks(step)) await this.#checkFit(driver, task);
      const { copies } = { ...DEFAULT_LIMITS, ...this.throttling.limits };
      // It copies with the others: when its place is lost, the attempt ends.
      const sessions = [await takeCopySlot(driver, copies, step.tasks)];
      const tables = await this.#follow(driver, step);
      // One after another: when one is refused, none is on its way that nobody would close.
      while (sessions.length < MAX_CONNECTIONS) sessions.push(await driver.session());
      await using throttle = await Throttle.start(driver, this.throttling);
      for (const table of tables) {
        if (table.record.phase === 'copying') await copyRows(driver, throttle, table, tables, sessions);
        if (table.record.phase === 'indexing') await this.#buildIndexes(driver, throttle, table);
        if (table.record.phase === 'verifying') await verifyRows(driver, throttle, table, sessions);
      }
      await driver.catchUp(driver.main);
      await driver.save(await driver.flush(driver.main));
      return done(reports(tables));
    });
  }

  /** Keeps the shadows equal until a cutover is asked for, and goes on looking whether they are. */
  holdTables(step: StepInput, context: EngineContext): Promise<StepOutcome> {
    return this.#drive(step, context, async (driver) => {
      const tables = await this.#follow(driver, step);
      const session = await driver.session();
      await using throttle = await Throttle.start(driver, this.throttling);
      const compareRepaired = async (): Promise<void> => {
        for (const table of tables)
          if (table.record.phase === 'verifying') await verifyRows(driver, throttle, table, [session]);
      };
      await compareRepaired(); // which a driver before may have been in the middle of
      const recheck = new Recheck(driver, throttle, tables, session);
      const tell = (): void => {
        for (const { record, estimatedRows } of tables) {
          context.progress({
            table: record.taskId,
            phase: 'holding',
            rows: record.rowsCopied,
            of: Math.max(estimatedRows, record.rowsCopied),
            percent: 100,
            rowsPerSecond: 0,
            waitingFor: 'cutover',
          });
        }
      };
      return await keepEqual(driver, tell, async () => {
        if (await recheck.next()) await compareRepaired();
      });
    });
  }

  /** Keeps the replaced tables equal to the new ones until a swap back is asked for. */
  guardRevert(step: StepInput, context: EngineContext): Promise<StepOutcome> {
    return this.#drive(step, context, async (driver) => {
      const tables = await followSwapped(driver, this.#tasks(step));
      return keepEqual(driver, () => {
        for (const { record } of tables) {
          const { taskId: table, rowsCopied: rows } = record;
          context.progress({ table, phase: 'guarding', rows, of: rows, percent: 100, rowsPerSecond: 0 });
        }
      });
    });
  }

  /** Swaps back, with every write made since: the cutover with the roles exchanged. */
  revertTables(step: StepInput, context: EngineContext): Promise<StepOutcome> {
    return this.#drive(step, context, async (driver) => {
      const records = await driver.state.readTables(driver.main);
      const mine = records.filter((record) => step.tasks.some((task) => task.id === record.taskId));
      if (mine.length > 0 && mine.every((record) => record.phase === 'reverted')) return done({});
      const unseen = mine.some((record) => isUnseen(record, BACK));
      if (unseen && (await decideSwap(driver, this.#tasks(step), BACK)) === BACK.stand) return done({});
      const tables = await followSwapped(driver, this.#tasks(step));
      await swapTables(driver, tables, BACK);
      return done({});
    });
  }

  cutOver(step: StepInput, context: EngineContext): Promise<StepOutcome> {
    return this.#drive(step, context, async (driver) => {
      const records = await driver.state.readTables(driver.main);
      const mine = step.tasks.map((task) => records.find((record) => record.taskId === task.id));
      const finished = (): StepOutcome =>
        done(
          Object.fromEntries(
            mine.flatMap((record) =>
              record ? [[record.taskId, { rowsCopied: record.rowsCopied, rowsRepaired: record.rowsRepaired }]] : [],
            ),
          ),
        );
      if (mine.every((record) => record?.phase === 'swapped')) return finished();
      if (
        mine.some((record) => record?.swapIntended === true) &&
        (await decideSwap(driver, this.#tasks(step))) === 'swapped'
      )
        return finished();
      const tables = await this.#follow(driver, step);
      for (const { rows } of tables) await copyStatistics(driver, rows.namespace, rows.table);
      return done(await swapTables(driver, tables));
    });
  }

  /** Removes what the change made on the target, and nothing else (E7). */
  async cleanUp(
    input: Pick<CleanUpInput, 'changeId' | 'planHash' | 'stateNamespace' | 'begun'> &
      Partial<Pick<CleanUpInput, 'tasks'>>,
    context: EngineContext,
  ): Promise<void> {
    const state = new StateTable(input.changeId, this.physical(input.stateNamespace));
    const exists = await this.#exists(state);
    if (!exists && input.begun === true) throw state.gone(); // E7: what it has made is named
    if (!exists) return;
    // A claim, so that no driver that is still alive goes on with what is removed here (E1).
    await using driver = await Driver.start(
      this.server,
      { ...input, control: NO_CONTROL },
      this.physical(input.stateNamespace),
      context,
    );
    await using session = await driver.session({ lock_wait_timeout: DDL_LOCK_WAIT_SECONDS });
    // Those whose swap was intended and not seen done were to be swapped in one RENAME: they are decided together.
    for (const direction of [FORTH, BACK]) {
      const records = await state.readTables(driver.main);
      const unseen = records.filter((record) => isUnseen(record, direction));
      if (unseen.length > 0) await decideSwap(driver, unseen.map(swapOf), direction);
    }
    for (const { phase, namespace, table } of await state.readTables(driver.main)) {
      const left = phase === 'swapped' ? oldName(table) : shadowName(table);
      await driver.runDdl(session, `DROP TABLE IF EXISTS ${quoteTable(namespace, left)}`);
    }
    await this.#sweep(driver, { tasks: input.tasks ?? [] });
    await driver.runDdl(session, `DROP TABLE ${state.sql}`);
  }

  /** Durable in the target: any driver, also one that starts later, reads it (C1, C5). */
  async writeControl(input: ControlInput, { confirm }: Pick<EngineContext, 'confirm'>): Promise<ControlResult> {
    const state = new StateTable(input.changeId, this.physical(input.stateNamespace));
    const settings = { ...ROW_SETTINGS };
    await using session = await this.server.connect({ settings, answerMs: PATIENCE.answer, urgent: true });
    await state.ensure(session, input, confirm);
    await state.writeControl(session, input.control);
    return { swapped: await swappedTasks(session, state) };
  }

  /** The last statement was run, and has taken the state of the change along. */
  async #isOver(step: StepInput): Promise<boolean> {
    await using session = await this.server.connect({ answerMs: PATIENCE.answer });
    const state = new StateTable(step.changeId, this.physical(step.stateNamespace));
    return !(await state.exists(session)) && (await areDone(session, this.#tasks(step)));
  }

  async #exists(state: StateTable): Promise<boolean> {
    await using session = await this.server.connect({ answerMs: PATIENCE.answer });
    return await state.exists(session);
  }

  async #drive(
    step: StepInput,
    context: EngineContext,
    work: (driver: Driver) => Promise<StepOutcome>,
  ): Promise<StepOutcome> {
    try {
      await using driver = await Driver.start(this.server, step, this.physical(step.stateNamespace), context);
      try {
        await driver.checkpoint();
        return await work(driver);
      } catch (error) {
        if (!(error instanceof Interrupted)) throw error;
        if (error.reason === 'handover') return { outcome: 'handover' };
        const resumeBefore = await resumeDeadline(driver.main, driver.state);
        return {
          outcome: 'stopped',
          swapped: await swappedTasks(driver.main, driver.state),
          ...(resumeBefore === undefined ? {} : { resumeBefore }),
        };
      }
    } catch (error) {
      context.signal.throwIfAborted();
      if (error instanceof Interrupted)
        return error.reason === 'handover' ? { outcome: 'handover' } : { outcome: 'stopped', swapped: [] };
      throw error;
    }
  }

  /** Each change removes what earlier ones have dropped long enough ago, where it was at work: no timer has to run. */
  async #sweep(driver: Driver, step: Pick<StepInput, 'tasks'>): Promise<void> {
    await using session = await driver.session({ lock_wait_timeout: DDL_LOCK_WAIT_SECONDS });
    await sweepDropped(driver, session, new Set(this.#tasks(step).map(({ namespace }) => namespace)));
  }

  #tasks(step: Pick<StepInput, 'tasks'>): PhysicalTask[] {
    return step.tasks.map((task) => ({ task, namespace: this.physical(task.namespace) }));
  }

  /** Before anything is copied: a definition that the rows do not fit is found out early. */
  async #checkFit(driver: Driver, { task, namespace }: PhysicalTask): Promise<void> {
    const record = (await driver.state.readTables(driver.main)).find((each) => each.taskId === task.id);
    if (record?.phase !== 'copying' || record.watermark) return;
    await assertNotDrifted(driver.main, namespace, task);
    driver.context.progress({
      table: task.id,
      phase: 'preparing',
      rows: 0,
      of: task.estimatedRows,
      percent: 0,
      rowsPerSecond: 0,
    });
    await checkRowsFit(driver, await readTableShape(driver.main, namespace, task), task.estimatedRows);
  }

  /** Reads the state of these tables and starts to follow their changes. */
  async #follow(driver: Driver, step: StepInput): Promise<OnlineTable[]> {
    const records = await driver.state.readTables(driver.main);
    const tables: OnlineTable[] = [];
    for (const { task, namespace } of this.#tasks(step)) {
      const record = records.find((each) => each.taskId === task.id);
      if (record === undefined)
        throw new SternaError(
          'drifted',
          `Expected the state of ${task.id} on the target, found none. Cancel the change and plan again.`,
        );
      if (record.phase === 'swapped') continue;
      await assertNotDrifted(driver.main, namespace, task);
      tables.push({
        rows: (await readTableShape(driver.main, namespace, task)).rows,
        record,
        task,
        estimatedRows: task.estimatedRows,
      });
    }
    await driver.capture(tables.map(({ rows }) => rows));
    return tables;
  }

  async #buildIndexes(driver: Driver, throttle: Throttle, table: OnlineTable): Promise<void> {
    const { record, task, rows } = table;
    const tell = (throttled?: string): void =>
      driver.context.progress({
        table: task.id,
        phase: 'catching_up',
        rows: record.rowsCopied,
        of: record.rowsCopied,
        percent: 100,
        rowsPerSecond: 0,
        waitingFor: `${record.deferredIndexes.length} indexes to be built`,
        ...(throttled === undefined ? {} : { throttle: throttled }),
      });
    if (record.deferredIndexes.length > 0) await throttle.pass('copy', tell);
    await buildIndexes(driver, rows.namespace, task, record.deferredIndexes, tell);
    await driver.save(await driver.flush(driver.main), { [task.id]: { phase: 'verifying' } });
    table.record = { ...record, phase: 'verifying' };
  }

  /**
   * For DDL: the server's own sql_mode, as in the workspace in which the statements were verified (P4). Where the server
   * converts `rows` itself, it has to refuse what does not fit, and rows without a parent.
   */
  async #ddlSession(driver: Driver, namespace: string, rows = false): Promise<Session> {
    const [row] = await driver.main.query<{ mode: string }>('SELECT @@GLOBAL.sql_mode AS mode');
    const mode = `${definingMode(row?.mode ?? '')}${rows ? ',STRICT_ALL_TABLES' : ''}`;
    return driver.session(
      { sql_mode: mode, lock_wait_timeout: DDL_LOCK_WAIT_SECONDS, foreign_key_checks: rows ? 1 : 0 },
      namespace,
    );
  }
}

/**
 * Tasks whose tables are swapped, also where nobody saw it: a driver may have been lost between the RENAME and its
 * note. For whoever stops: a swap must not pass for one that was held back (C2).
 */
async function swappedTasks(session: Session, state: StateTable): Promise<string[]> {
  const swapped: string[] = [];
  for (const record of await state.readTables(session)) {
    const { taskId, phase, namespace, table } = record;
    const unseen = isUnseen(record, FORTH) || isUnseen(record, BACK);
    const replaced = unseen && (await readDefinition(session, namespace, oldName(table))) !== null;
    if (unseen ? replaced : phase === 'swapped') swapped.push(taskId);
  }
  return swapped;
}

function done(reports: Readonly<Record<string, TaskReport>>): StepOutcome {
  return { outcome: 'done', reports };
}

function reports(tables: readonly OnlineTable[]): Record<string, TaskReport> {
  return Object.fromEntries(
    tables.map(({ record }) => [record.taskId, { rowsCopied: record.rowsCopied, rowsRepaired: record.rowsRepaired }]),
  );
}
