/** What a server may carry while rows are copied or compared. At the limit the work holds, below three quarters of it it goes on. */
export interface LoadLimits {
  /** Statements under way, our own handful among them. pt-online-schema-change holds at 25. */
  readonly threadsRunning: number;
  /** Of the small transactions in which progress is saved. A healthy disk syncs redo log and binlog in a tenth of it. */
  readonly commitMs: number;
  /** Old versions that purge has not removed. A busy server stays far below; more work would keep it from catching up. */
  readonly historyListLength: number;
  /** How long a replica may take to have what the source has. */
  readonly replicaLagSeconds: number;
  /** Copies at once on the server, of whichever workers. */
  readonly copies: number;
}

export const DEFAULT_LIMITS: LoadLimits = {
  threadsRunning: 32,
  commitMs: 100,
  historyListLength: 1_000_000,
  replicaLagSeconds: 5,
  copies: 4,
};

/** Work that has come to a hold goes on below this share of the limit, so that it does not flutter around it. */
const LEAVE = 0.75;
/** A hold that lasts so long is told to people. */
const LONG_MS = 5 * 60_000;

/** One look at one thing. */
export interface Reading {
  /** As people read it: `threads-running`. */
  readonly what: string;
  /** Or why it is not known. */
  readonly value: number | { readonly unknown: string };
  readonly limit: number;
  /** After numbers, e.g. ` ms`. */
  readonly unit?: string;
  /** Copying can make it worse, comparing cannot: it writes nothing. */
  readonly byWritesOnly?: boolean;
}

/** Why work holds: `threads-running 41 >= 32`. */
export interface Hold {
  readonly what: string;
  readonly reason: string;
  readonly byWritesOnly: boolean;
  /** Milliseconds, of the clock of whoever asks. */
  readonly since: number;
  /** Somebody should look: it may be for ever. */
  readonly isLong: boolean;
}

/** What the work holds at this moment, from what it has held for so far. What cannot be known counts as too much. */
export function decideHolds(readings: readonly Reading[], before: readonly Hold[], now: number): Hold[] {
  return readings.flatMap(({ what, value, limit, unit = '', byWritesOnly = false }) => {
    const held = before.find((hold) => hold.what === what);
    const since = held?.since ?? now;
    const minutes = Math.floor((now - since) / 60_000);
    const isLong = now - since >= LONG_MS;
    const hold = (why: string): Hold[] => [
      { what, reason: `${what} ${why}${isLong ? ` for ${minutes} min` : ''}`, byWritesOnly, since, isLong },
    ];
    if (typeof value !== 'number') return hold(`unknown: ${value.unknown}`);
    const bound = held === undefined ? limit : limit * LEAVE;
    return value < bound ? [] : hold(`${value}${unit} >= ${bound}${unit}`);
  });
}

/** The middle one of a few values, the lower of two: one slow commit is no load. 0 of none. */
export function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? 0;
}
