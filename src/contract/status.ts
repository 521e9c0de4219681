import type { TaskProgress } from './progress.js';
import type { Route, Safety } from './plan.js';
import type { ChangeState, TaskPhase, TaskState } from './states.js';

/** An error as status, results and the CLI show it. */
export interface ErrorInfo {
  readonly code: string;
  readonly message: string;
}

/** How far one table is. */
export interface TaskStatus {
  readonly id: string;
  readonly namespace: string;
  readonly table: string;
  readonly action: 'create' | 'alter' | 'drop';
  readonly execution: 'direct' | 'instant' | 'inplace' | 'copy';
  readonly state: TaskState;
  readonly phase?: TaskPhase;
  readonly progress?: TaskProgress;
  /** Filled in when the table was swapped. */
  readonly report?: TaskReport;
}

/** What the engine found out about a finished copy. Times in milliseconds. */
export interface TaskReport {
  readonly rowsCopied: number;
  readonly rowsRepaired: number;
  /** From the lock granted to the lock released: the longest that writers waited for the swap. */
  readonly cutoverBlockMs?: number;
  readonly cutoverAttempts?: number;
}

/** Answer of the `status` query. */
export interface ChangeStatus {
  readonly changeId: string;
  readonly state: ChangeState;
  readonly route: Route;
  readonly planHash?: string;
  readonly safety?: Safety;
  readonly noChanges?: boolean;
  readonly options: {
    readonly allowUnsafe: boolean;
    readonly deferCutover: boolean;
    readonly revertWindow: string;
    readonly volume: number;
    readonly onConflict: 'reject' | 'queue';
  };
  readonly caller?: string;
  readonly reason?: string;
  readonly tasks: readonly TaskStatus[];
  /** What the change waits for and why, e.g. the change that holds the target. */
  readonly waitingFor?: string;
  /** When the revert window ends by itself, ISO 8601; only while it is open. */
  readonly revertWindowEnds?: string;
  /** Why the tables cannot be swapped back any more, although the window is open. */
  readonly revertUnsafe?: ErrorInfo;
  /** While stopped: a later resume may find the binlogs purged that the copy needs (`position_lost`). ISO 8601. */
  readonly resumeBefore?: string;
  /** Names of the messages accepted now. */
  readonly controls: readonly string[];
  readonly lastError?: ErrorInfo;
}

/** One entry of the event log: who did what, when, with which outcome. */
export interface ChangeEvent {
  /** ISO 8601, workflow time. */
  readonly at: string;
  /** Message name, `state` or `milestone`. */
  readonly what: string;
  readonly caller?: string;
  readonly outcome: 'accepted' | 'refused' | 'noted';
  readonly detail?: string;
}

/** Answer of the `events` query: who did what, when, with which outcome. */
export interface ChangeEvents {
  readonly events: readonly ChangeEvent[];
  /** Oldest entries that were folded away. */
  readonly folded: number;
}

/** Result of a `schemaChange` that ended as completed, reverted or expired: its last status. */
export interface SchemaChangeResult extends ChangeStatus {
  readonly noChanges: boolean;
}

/** namespace -> file name -> canonical CREATE TABLE. */
export interface PullSchemaResult {
  readonly schema: Record<string, Record<string, string>>;
}

/** Result of `undropTable`. */
export interface UndropTableResult {
  readonly namespace: string;
  readonly table: string;
  /** The name under which it was kept. */
  readonly restoredFrom: string;
}

/** Whether a target answers, and what it is. */
export interface ProbeResult {
  readonly target: string;
  readonly environment?: string;
  readonly ok: boolean;
  readonly serverVersion?: string;
  readonly writable?: boolean;
  readonly milliseconds?: number;
  readonly error?: ErrorInfo;
}

/** Result of `probeTargets`. */
export interface ProbeTargetsResult {
  readonly results: readonly ProbeResult[];
  /** The worker has an earlier state of its inventory in force, since what it says now cannot be read. */
  readonly inventoryStale?: boolean;
}
