import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Control, SternaError, type StepInput } from '../contract/index.js';
import {
  type BinlogEvent,
  BinlogStream,
  type BinlogStreamOptions,
  type MysqlServer,
  PATIENCE,
  type QueryOptions,
  type Session,
} from '../mysql/index.js';
import { type Batch, Capture, type CapturedTable, unitedKeys } from './capture.js';
import type { EngineContext, Point } from './context.js';
import { FileHistory, GtidHistory, type History, isFilePosition } from './history.js';
import type { KeyLiterals } from './key.js';
import { middle } from './load.js';
import { StateTable, type TableUpdate } from './state-table.js';
import { UniqueConflict } from './table-rows.js';
import { isTooLarge } from './volume.js';

/** A table whose changes are followed, and how they are brought over to the one beside it. */
export interface FollowedRows extends CapturedTable {
  /** False where rows may be in each other's way on the other side: all keys of a batch go in one transaction. */
  readonly replaces: boolean;
  flush(session: Session, keys: readonly KeyLiterals[]): Promise<void>;
}

/** Thrown at a checkpoint when the step has to end early: stopped by the control row, or drained. */
export class Interrupted extends Error {
  constructor(readonly reason: 'stopped' | 'handover') {
    super(`interrupted: ${reason}`);
  }
}

const CONTROL_INTERVAL_MS = 100;
const FLUSH_KEYS = 200;
/** A conflict of rows that is only one of time goes away when what is on its way has come. */
const CONFLICT_TRIES = 10;
/** Keys that wait at most; above it the stream is paused until they are flushed. */
const MAX_PENDING_KEYS = 200_000;
/** Sessions that read and write rows. Nothing is refused here that the table holds already; warnings are fatal instead. */
export const ROW_SETTINGS = {
  sql_mode: 'NO_AUTO_VALUE_ON_ZERO',
  time_zone: '+00:00',
  transaction_isolation: 'READ-COMMITTED',
  lock_wait_timeout: 5,
  innodb_lock_wait_timeout: 5,
  range_optimizer_max_mem_size: 0,
  foreign_key_checks: 0,
} as const;

/** What a driver stands on beside the server's sessions. Simulated as a whole in test/model. */
export interface DriverParts {
  readonly state: StateTable;
  /** Instead of what the server's GTIDs decide. */
  readonly history?: History;
  readonly openStream: (
    server: MysqlServer,
    options: BinlogStreamOptions,
  ) => Promise<Pick<BinlogStream, 'pause' | 'resume' | 'close'>>;
}

/**
 * The one driver of a change on a server (E1): holds the epoch, the sessions, the binlog stream and what it
 * has captured. Every transaction that writes goes through `write`.
 */
export class Driver implements AsyncDisposable {
  readonly #sessions: Session[] = [];
  readonly #attributes: Record<string, string>;
  #stream: Awaited<ReturnType<DriverParts['openStream']>> | undefined;
  #capture: Capture | undefined;
  #failure: Error | undefined;
  #control: Control;
  #controlReadAt = 0;
  #wake: (() => void) | undefined;
  #paused = false;
  #closed = false;
  #receivedAt = 0;
  #rows: readonly FollowedRows[] = [];
  #history: History | undefined;
  epoch = 0;
  position: string | null = null;
  /** Rows of a chunk at most: each may cause a warning, and every warning has to be read. */
  chunkRows = 0;
  #commitMs: readonly number[] = [];

  private constructor(
    readonly server: MysqlServer,
    readonly step: Pick<StepInput, 'changeId' | 'planHash' | 'control'>,
    private readonly parts: DriverParts,
    readonly context: EngineContext,
    /** For state, control and flushing. */
    readonly main: Session,
    attributes: Record<string, string>,
  ) {
    this.#attributes = attributes;
    this.#control = step.control;
  }

  /**
   * Takes over the change: ends the sessions of any earlier driver, then claims. Whatever the earlier one
   * still had in flight is finished or rolled back when this returns.
   */
  static async start(
    server: MysqlServer,
    step: Pick<StepInput, 'changeId' | 'planHash' | 'control'>,
    stateNamespace: string,
    context: EngineContext,
    parts: DriverParts = {
      state: new StateTable(step.changeId, stateNamespace),
      openStream: (...args) => BinlogStream.open(...args),
    },
  ): Promise<Driver> {
    const attributes = { sterna_change: step.changeId.slice(0, 250), sterna_driver: randomUUID() };
    const main = await server.connect({ settings: ROW_SETTINGS, attributes, answerMs: PATIENCE.answer });
    const { state } = parts;
    const driver = new Driver(server, step, parts, context, main, attributes);
    driver.#sessions.push(main);
    try {
      await state.ensure(main, step, () => context.confirm());
      await driver.reached('claiming');
      await driver.#endEarlierDrivers();
      const { epoch, position } = await state.claim(main);
      driver.chunkRows = await raiseWarningLimit(main);
      driver.epoch = epoch;
      driver.position = position;
      driver.#history = parts.history ?? (await driver.#chooseHistory());
      await driver.reached('claimed');
      return driver;
    } catch (error) {
      await driver.close();
      throw error;
    }
  }

  get state(): StateTable {
    return this.parts.state;
  }

  get history(): History {
    if (this.#history === undefined)
      throw new SternaError('internal', 'Expected the driver to have claimed its change; it has not.');
    return this.#history;
  }

  /** A change keeps to the kind of position that it began with: a server's GTIDs may be turned on meanwhile. */
  async #chooseHistory(): Promise<History> {
    const byFile = this.position === null ? !(await namesEveryTransaction(this.main)) : isFilePosition(this.position);
    if (!byFile) return new GtidHistory();
    return new FileHistory(() => this.write(this.main, () => this.state.writeMarker(this.main)));
  }

  get control(): Control {
    return this.#control;
  }

  /** A further session, closed with the driver. */
  async session(
    settings: Readonly<Record<string, string | number>> = ROW_SETTINGS,
    namespace?: string,
  ): Promise<Session> {
    const session = await this.server.connect({
      settings,
      attributes: this.#attributes,
      answerMs: PATIENCE.answer,
      ...(namespace === undefined ? {} : { namespace }),
    });
    // Of several that are opened at once, another one may have failed: nobody closes what comes after the driver's end.
    if (this.#closed) {
      await session.close();
      throw new SternaError('connection_lost', 'The attempt ended before this connection was open.');
    }
    this.#sessions.push(session);
    if (settings === ROW_SETTINGS) await raiseWarningLimit(session);
    return session;
  }

  /** A transaction that writes for this change: checks the epoch first (E1). */
  async write<T>(session: Session, work: () => Promise<T>): Promise<T> {
    const result = await session.transaction(async () => {
      await this.state.assertEpoch(session, this.epoch);
      await this.reached('writing');
      const written = await work();
      await this.reached('written');
      return written;
    });
    await this.reached('committed');
    return result;
  }

  /** A statement that commits by itself. Like `write`, it is refused once another driver has claimed the change (E1). */
  async runDdl(session: Session, statement: string, options?: QueryOptions): Promise<void> {
    await this.state.exclusively(session, async () => {
      await this.state.assertEpochLocked(session, this.epoch);
      await this.reached('defining');
      const running = session.execute(statement, [], { ...options, patient: session !== this.main });
      if (session !== this.main) await this.#watch(session, running);
      await running;
      await this.reached('defined');
    });
  }

  /** A statement that may take hours, on a session other than `main`: controls are followed meanwhile (C1). */
  async patiently<T>(session: Session, run: (options: QueryOptions) => Promise<T>): Promise<T> {
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, this.context.signal]);
    const running = run({ signal, patient: true }).then((result) => ({ result }));
    const watching = this.#watch(session, running);
    watching.catch(() => undefined); // awaited below
    try {
      for (;;) {
        const ended = await Promise.race([running, this.pause(CONTROL_INTERVAL_MS)]);
        if (ended !== undefined) return ended.result;
        await this.checkpoint();
      }
    } catch (error) {
      stop.abort(error);
      await running.catch(() => undefined); // ended on the server; the error above is the one that counts
      throw error;
    } finally {
      await watching;
    }
  }

  /**
   * Returns when a statement has ended that may take hours; cuts its connection when the server does not run it any
   * more, or does not answer at all: no silence lasts for ever.
   */
  async #watch(session: Session, running: Promise<unknown>): Promise<void> {
    const ended = running.then(
      () => true,
      () => true,
    );
    const stopLooking = new AbortController();
    const look = async (): Promise<boolean> => {
      await delay(PATIENCE.look, undefined, { signal: stopLooking.signal });
      return false;
    };
    try {
      for (let missed = 0; missed < 2;) {
        const looking = look();
        looking.catch(() => undefined); // ended below
        if (await Promise.race([ended, looking])) return;
        const [row] = await this.main.query<{ command: string }>(
          'SELECT COMMAND AS command FROM information_schema.PROCESSLIST WHERE ID = ?',
          [session.threadId],
        );
        // Once may be the moment between its end and its answer.
        missed = row === undefined || row.command === 'Sleep' ? missed + 1 : 0;
      }
      session.destroy();
    } catch (error) {
      session.destroy(error as Error);
    } finally {
      stopLooking.abort();
    }
  }

  /**
   * To be called between any two pieces of work: throws when the step has to end. Reads the control row at
   * most every 100 ms, so that a stop, a volume or a cutover takes effect within one chunk.
   */
  async checkpoint(): Promise<void> {
    this.context.signal.throwIfAborted();
    this.context.alive();
    if (this.#failure !== undefined) throw this.#failure;
    if (this.context.drain.aborted) throw new Interrupted('handover');
    if (Date.now() - this.#controlReadAt < CONTROL_INTERVAL_MS) return;
    this.#control = await this.state.readControl(this.main);
    this.#controlReadAt = Date.now();
    if (this.#control.run === 'stop') throw new Interrupted('stopped');
  }

  /** For tests, which inject their faults here. */
  async reached(point: Point): Promise<void> {
    await this.context.reached?.(point);
  }

  /** Waits, but not past an abort, a drain or a failure of the stream. */
  async pause(milliseconds: number): Promise<void> {
    await delay(milliseconds, undefined, { signal: this.context.signal });
    if (this.#failure !== undefined) throw this.#failure;
  }

  // ---------------------------------------------------------------- capture

  /** Starts to follow the binlog from the saved position. */
  async capture(rows: readonly FollowedRows[]): Promise<void> {
    await this.#open(rows);
  }

  /**
   * The place in the binlog right after a statement of this change's own, which is looked for from the saved position
   * on; undefined when it is not there. Nothing is captured on the way.
   */
  async after(sql: string): Promise<Batch | undefined> {
    let found: Batch | undefined;
    await this.#open([], (event, capture) => {
      if (event.kind === 'statement' && event.sql === sql) found ??= capture.take();
    });
    await this.catchUp(this.main);
    await this.#stream?.close();
    return found;
  }

  async #open(
    rows: readonly FollowedRows[],
    look: (event: BinlogEvent, capture: Capture) => void = () => undefined,
  ): Promise<void> {
    if (this.position === null)
      throw new SternaError('internal', 'Expected a binlog position in the state table, found none.');
    await this.history.assertKept(this.main, this.position);
    this.#rows = rows;
    const captured: CapturedTable[] = rows.map(({ id, namespace, table, key }) => ({ id, namespace, table, key }));
    const tables: Record<string, string[]> = {};
    for (const { namespace, table } of captured) (tables[namespace] ??= []).push(table);
    const capture = new Capture(captured, this.history.tracker(this.position));
    this.#capture = capture;
    this.#receivedAt = Date.now();
    this.#stream = await this.parts.openStream(this.server, {
      from: this.history.startOf(this.position),
      serverId: randomInt(2 ** 31, 2 ** 32 - 1),
      tables,
      attributes: this.#attributes,
      onEvent: (event) => {
        this.#receive(capture, event);
        look(event, capture);
      },
      onError: (error) => this.#fail(error),
    });
    await this.reached('following');
  }

  get pendingKeys(): number {
    return this.#capture?.pendingKeys ?? 0;
  }

  isPending(tableId: string, key: KeyLiterals): boolean {
    return this.#captured().isPending(tableId, key);
  }

  /**
   * Makes the shadows equal to the originals for every key captured so far and returns what may be saved.
   * The fence comes first: the binlog shows a transaction before other sessions can see it, and a flush
   * that reads too early would copy the old row and lose the change (E2).
   *
   * `skip` leaves out keys that a later chunk reads anyway; they count as done only because the fence has
   * made them visible to that chunk.
   */
  async flush(session: Session, skip: (rows: FollowedRows, key: KeyLiterals) => boolean = () => false): Promise<Batch> {
    let batch = this.#captured().take();
    this.#resumeStream();
    for (let tries = 1; ; tries += 1) {
      await this.reached('flushing');
      await this.#fence(batch.fence);
      await this.reached('fenced');
      try {
        await this.#bring(session, batch, skip);
        return batch;
      } catch (error) {
        if (!(error instanceof UniqueConflict) || tries >= CONFLICT_TRIES) throw error;
      }
      await this.catchUp(session);
      const more = this.#captured().take();
      this.#resumeStream();
      batch = { ...more, keys: unitedKeys(batch.keys, more.keys) };
    }
  }

  async #bring(session: Session, batch: Batch, skip: (rows: FollowedRows, key: KeyLiterals) => boolean): Promise<void> {
    for (const rows of this.#rows) {
      const keys = [...(batch.keys.get(rows.id)?.values() ?? [])].filter((key) => !skip(rows, key));
      // Without REPLACE in one transaction: all of them have to go before any comes back.
      const size = rows.replaces ? FLUSH_KEYS : keys.length;
      for (let i = 0; i < keys.length; i += size) await this.#bringKeys(session, rows, keys.slice(i, i + size));
    }
  }

  async #bringKeys(session: Session, rows: FollowedRows, keys: readonly KeyLiterals[]): Promise<void> {
    try {
      await this.write(session, () => rows.flush(session, keys));
    } catch (error) {
      if (!isTooLarge(error) || keys.length === 1 || !rows.replaces) throw error;
      const half = Math.ceil(keys.length / 2);
      await this.#bringKeys(session, rows, keys.slice(0, half));
      await this.#bringKeys(session, rows, keys.slice(half));
    }
  }

  /** For the last flush, under the lock: no other session has anything in flight on these tables. */
  takeBatch(): Batch {
    return this.#captured().take();
  }

  /** Position and progress in one transaction (E4). Only after everything up to the position is flushed. */
  async save(batch: Batch | undefined, updates: Readonly<Record<string, TableUpdate>> = {}): Promise<void> {
    let worked = 0;
    await this.write(this.main, async () => {
      if (batch !== undefined) await this.state.savePosition(this.main, batch.position);
      for (const [taskId, update] of Object.entries(updates)) await this.state.updateTable(this.main, taskId, update);
      worked = performance.now();
    });
    this.#commitMs = [...this.#commitMs.slice(-2), performance.now() - worked];
    if (batch !== undefined) this.position = batch.position;
  }

  /** What a small commit takes at present, in whole milliseconds: as long as the saves of late took to commit. */
  get commitMs(): number {
    return Math.round(middle(this.#commitMs));
  }

  /**
   * Waits until the stream has brought everything that the server has committed by now. With `until` (of the
   * performance clock) it is for the lock of a swap: no checkpoint, no early end, false when time is up.
   */
  async catchUp(session: Session, until?: number): Promise<boolean> {
    const capture = this.#captured();
    const goal = await this.history.goal(session);
    // Silence counts from here on: before, there may have been nothing to say.
    const asked = Date.now();
    for (;;) {
      if (until === undefined) await this.checkpoint();
      else if (this.#failure !== undefined) throw this.#failure;
      this.context.signal.throwIfAborted();
      if (await this.history.reached(session, capture.received, goal)) return true;
      if (until !== undefined && performance.now() > until) return false;
      if (Date.now() - Math.max(this.#receivedAt, asked) > PATIENCE.stream)
        throw new SternaError('connection_lost', 'The binlog stream is silent although the server has committed more.');
      if (until === undefined && capture.pendingKeys >= MAX_PENDING_KEYS) return false; // the caller flushes and comes back
      await this.#nextEvent(20);
    }
  }

  get preparedTransactions(): readonly string[] {
    return this.#captured().preparedTransactions;
  }

  #receive(capture: Capture, event: BinlogEvent): void {
    this.#receivedAt = Date.now();
    capture.receive(event);
    this.#wake?.();
    if (!this.#paused && capture.pendingKeys >= MAX_PENDING_KEYS) {
      this.#paused = true;
      this.#stream?.pause();
    }
  }

  #resumeStream(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#stream?.resume();
  }

  async #nextEvent(milliseconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }

  async #fence(transactions: string): Promise<void> {
    if (transactions === '') return;
    // A commit that waits for a replica, say. The keys stay pending until it is visible.
    while (!(await this.history.isVisible(this.main, transactions))) await this.checkpoint();
  }

  #captured(): Capture {
    if (this.#capture === undefined)
      throw new SternaError('internal', 'Expected the driver to follow the binlog; it has not started.');
    return this.#capture;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#wake?.();
  }

  /** By connection attribute, so that no number of a connection that is long gone can hit somebody else's. */
  async #endEarlierDrivers(): Promise<void> {
    const rows = await this.main.query<{ id: number }>(
      `SELECT c.PROCESSLIST_ID AS id FROM performance_schema.session_account_connect_attrs c
         JOIN performance_schema.session_account_connect_attrs d ON d.PROCESSLIST_ID = c.PROCESSLIST_ID
        WHERE c.ATTR_NAME = 'sterna_change' AND c.ATTR_VALUE = ? AND d.ATTR_NAME = 'sterna_driver' AND d.ATTR_VALUE <> ?`,
      [this.#attributes.sterna_change ?? '', this.#attributes.sterna_driver ?? ''],
    );
    for (const { id } of rows) await this.server.kill(id, 'CONNECTION');
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#stream?.close();
    this.#stream = undefined;
    const aborted = this.context.signal.aborted;
    await Promise.all(
      this.#sessions.splice(0).map(async (session) => {
        if (aborted) session.destroy();
        else await session.close();
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** How many warnings of one statement this session can show; more need SESSION_VARIABLES_ADMIN, which not every user has. */
async function raiseWarningLimit(session: Session): Promise<number> {
  try {
    await session.execute('SET SESSION max_error_count = 65535');
  } catch (error) {
    if (!(error instanceof SternaError) || error.code !== 'missing_privilege') throw error;
  }
  const [row] = await session.query<{ most: number }>('SELECT @@SESSION.max_error_count AS most');
  return row?.most ?? 0;
}

async function namesEveryTransaction(session: Session): Promise<boolean> {
  const [row] = await session.query<{ mode: string; enforced: string }>(
    'SELECT @@GLOBAL.gtid_mode AS mode, @@GLOBAL.enforce_gtid_consistency AS enforced',
  );
  return row?.mode === 'ON' && row.enforced === 'ON';
}
