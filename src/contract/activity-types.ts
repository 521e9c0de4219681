import type { CleanUpInput, ControlInput, ControlResult, PlanRequest, StepInput, StepOutcome } from './activities.js';
import type { ProbeTargetsInput, PullSchemaInput } from './input.js';
import type { Plan } from './plan.js';
import type { ProbeTargetsResult, PullSchemaResult } from './status.js';

/** The activities by task queue, as workflows call and workers implement them. Each takes one object. */

export interface ReadActivities {
  planChange(request: PlanRequest): Promise<Plan>;
  pullTables(request: PullSchemaInput): Promise<PullSchemaResult>;
  probeAll(request: ProbeTargetsInput): Promise<ProbeTargetsResult>;
}

export interface ChangeActivities {
  runStatements(step: StepInput): Promise<StepOutcome>;
  prepareTables(step: StepInput): Promise<StepOutcome>;
  copyTables(step: StepInput): Promise<StepOutcome>;
  holdTables(step: StepInput): Promise<StepOutcome>;
  cutOver(step: StepInput): Promise<StepOutcome>;
  cleanUp(input: CleanUpInput): Promise<void>;
}

export interface ControlActivities {
  writeControl(input: ControlInput): Promise<ControlResult>;
  /** The change that holds a reservation, or null when nobody does any more. */
  findHolder(request: { readonly reservation: string }): Promise<{ readonly changeId: string | null }>;
  /** Succeeds once nobody holds the reservation; until then its attempts fail, which costs no history. */
  awaitRelease(request: { readonly reservation: string }): Promise<void>;
  /** Asks Temporal to cancel a workflow: only then may it end as Canceled. */
  requestCancel(request: { readonly changeId: string }): Promise<void>;
}
