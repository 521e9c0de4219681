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
  { connections: 1, chunkMs: 20, chunkRows: 2_000, pauseMs: 10 },
  { connections: 1, chunkMs: 20, chunkRows: 2_000, pauseMs: 5 },
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

/** Rows of the next chunk: grows slowly, shrinks at once, stays within bounds. */
export function nextChunkRows(rows: number, tookMs: number, pace: Pace): number {
  const wanted = tookMs <= 0 ? rows * 1.5 : rows * (pace.chunkMs / tookMs);
  return Math.round(Math.min(Math.max(Math.min(wanted, rows * 1.5), 50), pace.chunkRows));
}
