import type { TaskProgress } from '../contract/index.js';
import type { Session } from '../mysql/index.js';
import { Chunker } from './chunker.js';
import type { Driver, FollowedRows } from './driver.js';
import { Interrupted } from './driver.js';
import type { KeyLiterals, KeyRange } from './key.js';
import type { TableRecord } from './state-table.js';
import { type TableRows, UniqueConflict } from './table-rows.js';
import { HOLD_MS, type Throttle } from './throttle.js';
import {
  afterTooLarge,
  FIRST_CHUNK_ROWS,
  isTooLarge,
  nextChunkRows,
  type Pace,
  paceOf,
  withinBounds,
} from './volume.js';

const ROUND_MS = 1_500;
const FLUSH_EARLY_KEYS = 20_000;
const DELETE_ROWS = 2_000;
/** A conflict on a secondary unique key goes away when the row in the way is flushed; one that stays is real. */
const CONFLICT_TRIES = 10;

/** One row that is refused so often is too large by itself, and had no others beside it. */
const ONE_ROW_TRIES = 5;

export interface CopyTable {
  readonly rows: TableRows;
  record: TableRecord;
  readonly estimatedRows: number;
}

/**
 * Copies the rows of one table in rounds: several connections copy disjoint chunks; a barrier; the
 * captured keys are flushed; watermark and position are saved in one transaction.
 *
 * The barrier keeps a slow chunk from bringing back a row that a flush has just deleted. Order matters:
 * flush, then save, so that a crash between the two only flushes again (E2, E4).
 */
export async function copyRows(
  driver: Driver,
  throttle: Pick<Throttle, 'reason'>,
  table: CopyTable,
  others: readonly CopyTable[],
  sessions: readonly Session[],
): Promise<void> {
  const { rows } = table;
  await deleteAboveWatermark(driver, table);
  const chunker = new Chunker(driver.main, rows, table.record.watermark ?? undefined);
  const meter = new Meter(table, 'copying');
  const untouched = new Set(
    others
      .filter((other) => other !== table && other.record.phase === 'copying' && !other.record.watermark)
      .map((other) => other.rows.id),
  );
  const most = (pace: Pace): number => Math.min(pace.chunkRows, driver.chunkRows);
  let size = FIRST_CHUNK_ROWS;
  let turn: Promise<unknown> = Promise.resolve();
  const take = (wanted: number): Promise<KeyRange | null> => {
    const next = turn.then(() => chunker.take(wanted));
    turn = next.catch(() => undefined);
    return next;
  };

  while (!chunker.ended) {
    const roundEnds = Date.now() + ROUND_MS;
    const again: KeyRange[] = [];
    let interrupted: Interrupted | undefined;
    const work = async (session: Session, index: number): Promise<void> => {
      while (Date.now() < roundEnds && driver.pendingKeys < FLUSH_EARLY_KEYS && interrupted === undefined) {
        try {
          await driver.checkpoint();
        } catch (error) {
          if (!(error instanceof Interrupted)) throw error;
          interrupted = error;
          return;
        }
        const pace = paceOf(driver.control.volume);
        if (index >= pace.connections) return;
        const held = throttle.reason('copy');
        if (held !== undefined) {
          driver.context.progress(meter.progress({ throttle: held }));
          await driver.pause(HOLD_MS);
          continue; // to the end of the round, which flushes
        }
        const wanted = Math.min(size, most(pace));
        const range = await take(wanted);
        if (range === null) return;
        const started = performance.now();
        const copied = await copyChunk(driver, session, rows, range, wanted);
        if (copied === undefined) {
          chunker.giveBack(range);
          size = afterTooLarge(wanted);
          continue;
        }
        // Without what any commit costs: fewer rows would not make it less.
        size = nextChunkRows(wanted, performance.now() - started - driver.commitMs, pace);
        chunker.learn(range, copied.rows);
        if (copied.conflict !== undefined) again.push(range);
        meter.add(copied.rows);
        driver.context.progress(meter.progress());
        if (pace.pauseMs > 0) await driver.pause(pace.pauseMs);
      }
    };
    await allOrFirstError(sessions.map(work)); // the barrier
    await driver.reached('copied');

    // Interrupted, the round still ends in order: everything copied so far is kept. `null` is "past the end".
    const { position, watermark } = chunker;
    // By the position: of what was given back below it some may have been copied, and is not read again.
    const skip = (of: FollowedRows, key: KeyLiterals): boolean =>
      untouched.has(of.id) || (of === rows && isAbove(rows, key, position));
    let batch = await driver.flush(driver.main, skip);
    for (const range of again) batch = await copyAgain(driver, table, range, skip);
    const record = {
      ...table.record,
      rowsCopied: meter.rows,
      ...(watermark === null ? { phase: 'indexing' as const } : { watermark: watermark ?? null }),
    };
    await driver.save(batch, { [rows.id]: pick(record) });
    table.record = record;
    if (interrupted !== undefined) throw interrupted;
  }
}

/**
 * A driver that died in mid-round has copied rows above the watermark which may have been changed or
 * deleted since; their events were dropped as "above the watermark", and INSERT IGNORE would keep the stale
 * rows. So after a claim they go before copying goes on (E2).
 */
async function deleteAboveWatermark(driver: Driver, { rows, record }: CopyTable): Promise<void> {
  for (let limit = DELETE_ROWS; ;) {
    await driver.checkpoint();
    const deleted = await withinBounds(limit, (options) =>
      driver.write(driver.main, () => rows.deleteAbove(driver.main, record.watermark, limit, options)),
    );
    if (deleted === undefined) limit = afterTooLarge(limit);
    else if (deleted < limit) return;
  }
}

/** Undefined when the range has been too much at once. */
async function copyChunk(
  driver: Driver,
  session: Session,
  rows: TableRows,
  range: KeyRange,
  wanted: number,
): Promise<Awaited<ReturnType<TableRows['copy']>> | undefined> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await withinBounds(wanted, (options) => driver.write(session, () => rows.copy(session, range, options)));
    } catch (error) {
      if (!isTooLarge(error)) throw error;
      // A range that was cut to one row: others may have come in between, and gone again.
      if ((await rows.keyAfter(driver.main, range.from, 1, range.to)) !== null) return undefined;
      if (tries >= ONE_ROW_TRIES) throw error;
    }
  }
}

/** The row in the way may be one whose change is still on its way: flush, and try the range once more. */
async function copyAgain(
  driver: Driver,
  { rows }: CopyTable,
  range: KeyRange,
  skip: (of: FollowedRows, key: KeyLiterals) => boolean,
): ReturnType<Driver['flush']> {
  for (let tries = 1; ; tries += 1) {
    await driver.catchUp(driver.main);
    const batch = await driver.flush(driver.main, skip);
    const { conflict } = await driver.write(driver.main, () => rows.copy(driver.main, range));
    if (conflict === undefined) return batch;
    if (tries >= CONFLICT_TRIES) {
      throw new UniqueConflict(rows.id, conflict);
    }
  }
}

/** Whether a chunk to come will read this key anyway. Only integers are compared here; collations are the server's. */
function isAbove(rows: TableRows, key: KeyLiterals, watermark: KeyLiterals | undefined | null): boolean {
  if (watermark === null) return false;
  if (watermark === undefined) return true;
  return rows.hasSingleIntegerKey && BigInt(key[0] ?? 0) >= BigInt(watermark[0] ?? 0);
}

function pick({ phase, watermark, rowsCopied }: TableRecord): Partial<TableRecord> {
  return { phase, rowsCopied, ...(watermark === undefined ? {} : { watermark }) };
}

/** Waits for all, so that nothing goes on behind the caller's back, then throws the first error. */
export async function allOrFirstError(work: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

/** Rows, rate and remaining time of one table, for people. */
export class Meter {
  #rows: number;
  #startRows: number;
  readonly #started = Date.now();
  constructor(
    private readonly table: Pick<CopyTable, 'record' | 'estimatedRows'>,
    private readonly phase: TaskProgress['phase'],
    rows = table.record.rowsCopied,
  ) {
    this.#rows = rows;
    this.#startRows = rows;
  }

  get rows(): number {
    return this.#rows;
  }

  add(rows: number): void {
    this.#rows += rows;
  }

  progress(extra: Pick<TaskProgress, 'waitingFor' | 'throttle'> = {}): TaskProgress {
    const of = Math.max(this.table.estimatedRows, this.#rows);
    const seconds = Math.max((Date.now() - this.#started) / 1_000, 0.001);
    const rate = Math.round((this.#rows - this.#startRows) / seconds);
    const left = rate > 0 ? Math.ceil((of - this.#rows) / rate) : undefined;
    return {
      table: this.table.record.taskId,
      phase: this.phase,
      rows: this.#rows,
      of,
      percent: of === 0 ? 100 : Math.floor((100 * this.#rows) / of),
      rowsPerSecond: rate,
      ...(left === undefined ? {} : { eta: duration(left) }),
      ...extra,
    };
  }
}

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m${seconds % 60}s`;
  return `${Math.floor(seconds / 3_600)}h${Math.floor((seconds % 3_600) / 60)}m`;
}
