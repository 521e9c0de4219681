import { setTimeout as delay } from 'node:timers/promises';
import { type Control, SternaError, type StepInput } from '../contract/index.js';
import {
  type BinlogEvent,
  BinlogStream,
  type MysqlServer,
  PATIENCE,
  type QueryOptions,
  type Session,
} from '../mysql/index.js';
import { type Batch, type Capture, type CapturedTable, unitedKeys } from './capture.js';
import type { EngineContext, Point } from './context.js';
import { type DriverAttributes, driverAttributes, endEarlierDrivers } from './earlier-drivers.js';
import { FollowedBinlog, type OpenStream } from './followed-binlog.js';
import { type History, historyOf } from './history.js';
import type { KeyLiterals } from './key.js';
import { middle } from './load.js';
import { watch } from './long-statement.js';
import { raiseWarningLimit, ROW_SETTINGS } from './row-session.js';
import { CONTROL_INTERVAL_MS, StateTable, type TableUpdate } from './state-table.js';
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

const FLUSH_KEYS = 200;
/** A conflict of rows that is only one of time goes away when what is on its way has come. */
const CONFLICT_TRIES = 10;

/** What a driver stands on beside the server's sessions. Simulated as a whole in test/model. */
export interface DriverParts {
  readonly state: StateTable;
  /** Instead of what the server's GTIDs decide. */
  readonly history?: History;
  readonly openStream: OpenStream;
}

/**
 * The one driver of a change on a server (E1): holds the epoch, the sessions, the binlog stream and what it
 * has captured. Every transaction that writes goes through `write`.
 */
export class Driver implements AsyncDisposable {
  readonly #sessions: Session[] = [];
  #followed: FollowedBinlog | undefined;
  #failure: Error | undefined;
  #control: Control;
  #controlReadAt = 0;
  #closed = false;
  #rows: readonly FollowedRows[] = [];
  #history: History | undefined;
  epoch = 0;
  position: string | null = null;
  /** Rows of a chunk at most: each may cause a warning, and every warning has to be read. */
  chunkRows = 0;
  #commitMs: readonly number[] = [];

  private constructor(
    readonly server: MysqlServer,
    readonly step: Pick<StepInput, 'changeId' | 'planHash' | 'control' | 'begun'>,
    private readonly parts: DriverParts,
    readonly context: EngineContext,
    /** For state, control and flushing. */
    readonly main: Session,
    private readonly attributes: DriverAttributes,
  ) {
    this.#control = step.control;
  }

  /**
   * Takes over the change: ends the sessions of any earlier driver, then claims. Whatever the earlier one
   * still had in flight is finished or rolled back when this returns.
   */
  static async start(
    server: MysqlServer,
    step: Pick<StepInput, 'changeId' | 'planHash' | 'control' | 'begun'>,
    stateNamespace: string,
    context: EngineContext,
    parts: DriverParts = {
      state: new StateTable(step.changeId, stateNamespace),
      openStream: (...args) => BinlogStream.open(...args),
    },
  ): Promise<Driver> {
    const attributes = driverAttributes(step.changeId);
    const main = await server.connect({ settings: ROW_SETTINGS, attributes, answerMs: PATIENCE.answer });
    const { state } = parts;
    const driver = new Driver(server, step, parts, context, main, attributes);
    driver.#sessions.push(main);
    try {
      await state.ensure(main, step, () => context.confirm());
      await driver.reached('claiming');
      await endEarlierDrivers(server, main, attributes);
      const { epoch, position } = await state.claim(main);
      driver.chunkRows = await raiseWarningLimit(main);
      driver.epoch = epoch;
      driver.position = position;
      driver.#history =
        parts.history ?? (await historyOf(main, position, () => driver.write(main, () => state.writeMarker(main))));
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
      attributes: this.attributes,
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
      if (session !== this.main) await watch(this.main, session, running);
      await running;
      await this.reached('defined');
    });
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
    await this.#followed?.close();
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
    this.#followed = await FollowedBinlog.open({
      openStream: this.parts.openStream,
      server: this.server,
      attributes: this.attributes,
      history: this.history,
      position: this.position,
      tables: rows,
      look,
      onError: (error) => {
        this.#failure ??= error;
      },
    });
    await this.reached('following');
  }

  get pendingKeys(): number {
    return this.#followed?.capture.pendingKeys ?? 0;
  }

  isPending(tableId: string, key: KeyLiterals): boolean {
    return this.#following().capture.isPending(tableId, key);
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
    let batch = this.#take();
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
      const more = this.#take();
      batch = { ...more, keys: unitedKeys(batch.keys, more.keys) };
    }
  }

  #take(): Batch {
    const batch = this.takeBatch();
    this.#following().resume();
    return batch;
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
    return this.#following().capture.take();
  }

  /** Of `takeBatch`, when the lock had to be given up before everything was brought over. */
  putBack(batch: Batch): void {
    this.#following().capture.putBack(batch);
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
    const followed = this.#following();
    const goal = await this.history.goal(session);
    // Silence counts from here on: before, there may have been nothing to say.
    const asked = Date.now();
    for (;;) {
      if (until === undefined) await this.checkpoint();
      else if (this.#failure !== undefined) throw this.#failure;
      this.context.signal.throwIfAborted();
      if (await this.history.reached(session, followed.capture.received, goal)) return true;
      if (until !== undefined && performance.now() > until) return false;
      if (Date.now() - Math.max(followed.receivedAt, asked) > PATIENCE.stream)
        throw new SternaError('connection_lost', 'The binlog stream is silent although the server has committed more.');
      if (until === undefined && followed.isFull) return false; // the caller flushes and comes back
      await followed.nextEvent(20);
    }
  }

  get preparedTransactions(): readonly string[] {
    return this.#following().capture.preparedTransactions;
  }

  async #fence(transactions: string): Promise<void> {
    if (transactions === '') return;
    // A commit that waits for a replica, say. The keys stay pending until it is visible.
    while (!(await this.history.isVisible(this.main, transactions))) await this.checkpoint();
  }

  #following(): FollowedBinlog {
    if (this.#followed === undefined)
      throw new SternaError('internal', 'Expected the driver to follow the binlog; it has not started.');
    return this.#followed;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#followed?.close();
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
