import { serverErrorNumber } from '../mysql/index.js';

/** How hard the copy works, from the volume of the change. */
export interface Pace {
  /** Copying connections at once. More than the server has cores makes it slower (measured: two cores, four connections, 4.9 s against 4.0 s). */
  readonly connections: number;
  /** What one chunk should take, in milliseconds. */
  readonly chunkMs: number;
  /** Rows in a chunk at most: bounds undo, locks and memory. */
  readonly chunkRows: number;
  /** Pause of a connection after each chunk, in milliseconds. */
  readonly pauseMs: number;
}

const PACES: readonly Pace[] = [
  { connections: 1, chunkMs: 10, chunkRows: 500, pauseMs: 200 },
  { connections: 1, chunkMs: 10, chunkRows: 1_000, pauseMs: 100 },
  { connections: 1, chunkMs: 15, chunkRows: 1_000, pauseMs: 50 },
  { connections: 1, chunkMs: 20, chunkRows: 2_000, pauseMs: 25 },
  { connections: 1, chunkMs: 20, chunkRows: 2_000, pauseMs: 5 },
  { connections: 1, chunkMs: 20, chunkRows: 2_000, pauseMs: 3 },
  { connections: 1, chunkMs: 25, chunkRows: 2_000, pauseMs: 2 },
  { connections: 1, chunkMs: 25, chunkRows: 4_000, pauseMs: 0 },
  { connections: 2, chunkMs: 20, chunkRows: 2_000, pauseMs: 5 },
  { connections: 2, chunkMs: 20, chunkRows: 2_000, pauseMs: 0 },
  { connections: 2, chunkMs: 40, chunkRows: 5_000, pauseMs: 0 },
];

export const MAX_CONNECTIONS = Math.max(...PACES.map((pace) => pace.connections));

/** `volume` is 1 (gentle) to 11 (as fast as the server takes); at 0 nothing is copied, see `Throttle`. */
export function paceOf(volume: number): Pace {
  const pace = PACES[Math.min(Math.max(Math.round(volume), 1), PACES.length) - 1];
  if (pace === undefined) throw new RangeError(`Expected a volume from 1 to 11, got ${volume}.`);
  return pace;
}

/** Rows of the first chunk: nobody knows how wide they are. */
export const FIRST_CHUNK_ROWS = 10;
/**
 * A chunk that takes longer is given up and tried again as smaller ones, down to single rows: rows that are suddenly much
 * wider must not become a transaction of gigabytes, which a binlog cache or a replication group would refuse.
 */
export const LONGEST_CHUNK_MS = 1_000;

/** Below it, time is what any statement takes, on the way to the server and on one that is busy, and no fault of the rows. */
const SMALL_CHUNK_ROWS = 50;
/** So many times its time a small chunk must take to be made smaller still: its rows are wide. */
const FAR = 4;

/** Rows of the next chunk: grows slowly, shrinks at once, stays within bounds. */
export function nextChunkRows(rows: number, tookMs: number, pace: Pick<Pace, 'chunkMs' | 'chunkRows'>): number {
  const wanted = tookMs <= 0 ? rows * 1.5 : rows * (pace.chunkMs / tookMs);
  const least = tookMs > FAR * pace.chunkMs ? 1 : SMALL_CHUNK_ROWS;
  const most = Math.min(Math.max(rows * 1.5, rows + 1), pace.chunkRows);
  return Math.floor(Math.min(Math.max(wanted, least), most));
}

/** Rows of the next chunk after one that was too much at once. */
export function afterTooLarge(rows: number): number {
  return Math.max(1, Math.floor(rows / 8));
}

/** Refusals of the server that fewer rows in a transaction avoid. */
const TOO_LARGE: readonly number[] = [
  1197, // ER_TRANS_CACHE_FULL
  1206, // ER_LOCK_TABLE_FULL
  3100, // ER_RUN_HOOK_ERROR: a replication group that takes no transaction of this size
];

/** Runs a chunk, of one row however long it takes. Undefined when it was too much at once and has changed nothing. */
export async function withinBounds<T>(
  rows: number,
  work: (options: { readonly signal?: AbortSignal }) => Promise<T>,
): Promise<T | undefined> {
  if (rows <= 1) return work({});
  const signal = AbortSignal.timeout(LONGEST_CHUNK_MS);
  try {
    return await work({ signal });
  } catch (error) {
    if (error === signal.reason || isTooLarge(error)) return undefined;
    throw error;
  }
}

/** Whether the server has refused a transaction that would pass with fewer rows. */
export function isTooLarge(error: unknown): boolean {
  return TOO_LARGE.includes(serverErrorNumber(error) ?? 0);
}
