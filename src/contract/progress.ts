import type { TaskPhase } from './states.js';

/**
 * Progress of one table. These are the heartbeat details of the copying activities, shown live by the
 * Temporal UI: for people too, and well under 1 KB.
 */
export interface TaskProgress {
  /** `<namespace>.<table>`: the task's id. */
  readonly table: string;
  readonly phase: TaskPhase;
  /** Rows copied (copying) or compared (verifying) so far. */
  readonly rows: number;
  /** Estimate of all rows. */
  readonly of: number;
  readonly percent: number;
  readonly rowsPerSecond: number;
  /** e.g. `6s`, `2h10m`; absent while unknown. */
  readonly eta?: string;
  /** Why the copy is slowed down, e.g. `threads-running 41 >= 32`. */
  readonly throttle?: string;
  /** What it waits for, e.g. the blockers of a lock. */
  readonly waitingFor?: string;
}
