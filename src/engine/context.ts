import type { TaskProgress } from '../contract/index.js';

/** Where the engine tells what it does, e.g. a pino logger. Fields hold target keys and names of tables, no address (R2). */
export interface EngineLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Where a driver waits, or has just begun or ended something that cannot be taken back. Tests inject faults here. */
export const POINTS = [
  'claiming', // the state table is there, the change is not ours yet
  'claimed',
  'writing', // in a transaction, after the look at the epoch
  'written', // before its COMMIT
  'committed',
  'defining', // before a statement that commits by itself
  'defined',
  'following', // the binlog stream is open
  'flushing', // keys are taken, their commits not awaited yet
  'fenced',
  'copied', // every chunk of a round is in, nothing is flushed
  'compared', // every chunk of a round is compared, nothing is flushed
  'holding',
  'locking', // before LOCK TABLES
  'locked',
  'renaming', // before RENAME, everything is flushed
  'renamed', // the note of it is not written
  'noted', // still under the lock
] as const;
/** One of `POINTS`. */
export type Point = (typeof POINTS)[number];

/** What the engine is given for one step. Knows nothing of Temporal. */
export interface EngineContext {
  /** Aborted: leave at once, as in a crash. */
  readonly signal: AbortSignal;
  /** Aborted: the worker goes away; write the position and hand over. */
  readonly drain: AbortSignal;
  /** The work goes on: called between any two pieces of it. */
  alive(): void;
  /** Throws when this work is not wanted any more, because others have taken it over or its change has ended (S1). */
  confirm(): Promise<void>;
  progress(progress: TaskProgress): void;
  readonly log: EngineLog;
  /** Awaited at each of the points; only tests give one. */
  reached?(point: Point): Promise<void>;
}
