import type { TaskProgress } from '../contract/index.js';

export interface EngineLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

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
}
