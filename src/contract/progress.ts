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
  /** Why copying or comparing holds, e.g. `threads-running 41 >= 32` or `volume 0`. */
  readonly throttle?: string;
  /** What it waits for, e.g. the blockers of a lock. */
  readonly waitingFor?: string;
}

/** A throttle without its numbers, which change with every look: what it is, and whether it lasts. */
export function throttleKind(throttle = ''): string {
  return throttle.replace(/ for \d+ min/g, ' for minutes').replace(/ \d+( m?s)?( >= [\d.]+( m?s)?)?/g, '');
}
