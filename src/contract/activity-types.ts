import type { CleanUpInput, ControlInput, ControlResult, PlanRequest, StepInput, StepOutcome } from './activities.js';
import type { ProbeTargetsInput, PullSchemaInput, UndropTableInput } from './input.js';
import type { Plan } from './plan.js';
import type { ProbeTargetsResult, PullSchemaResult } from './status.js';

/** The activities by task queue, as workflows call and workers implement them. Each takes one object. */

export interface ReadActivities {
  readonly planChange: (request: PlanRequest) => Promise<Plan>;
  readonly pullTables: (request: PullSchemaInput) => Promise<PullSchemaResult>;
  readonly probeAll: (request: ProbeTargetsInput) => Promise<ProbeTargetsResult>;
}

/** The steps of a change, on the copy queue. */
export interface ChangeActivities {
  /** Before any other: from its end on, the change belongs to where its state is. */
  readonly claimTarget: (step: StepInput) => Promise<StepOutcome>;
  readonly runStatements: (step: StepInput) => Promise<StepOutcome>;
  readonly prepareTables: (step: StepInput) => Promise<StepOutcome>;
  readonly copyTables: (step: StepInput) => Promise<StepOutcome>;
  readonly holdTables: (step: StepInput) => Promise<StepOutcome>;
  readonly cutOver: (step: StepInput) => Promise<StepOutcome>;
  readonly guardRevert: (step: StepInput) => Promise<StepOutcome>;
  readonly revertTables: (step: StepInput) => Promise<StepOutcome>;
  readonly cleanUp: (input: CleanUpInput) => Promise<void>;
}

/** Short work that never waits behind copies, on the control queue. */
export interface ControlActivities {
  readonly writeControl: (input: ControlInput) => Promise<ControlResult>;
  /** The name under which a dropped table is kept, or null. */
  readonly findDropped: (request: UndropTableInput) => Promise<{ readonly dropped: string | null }>;
  readonly restoreDropped: (request: UndropTableInput & { readonly dropped: string }) => Promise<void>;
  /** The change that holds a reservation, or null when nobody does any more. */
  readonly findHolder: (request: { readonly reservation: string }) => Promise<{ readonly changeId: string | null }>;
  /** Succeeds once nobody holds the reservation; until then its attempts fail, which costs no history. */
  readonly awaitRelease: (request: { readonly reservation: string }) => Promise<void>;
  /** Asks Temporal to cancel a workflow: only then may it end as Canceled. */
  readonly requestCancel: (request: { readonly changeId: string }) => Promise<void>;
}
