import type { TargetType } from './target-type.js';
import type { AlterStatements, SchemaFiles } from './input.js';
import type { LintLevels } from './lint.js';
import type { DirectLimits, PlannedTask, Route } from './plan.js';
import type { TaskPhase } from './states.js';
import type { TaskReport } from './status.js';

/** Inputs and outcomes of the activities: what crosses Temporal between workflow and worker. */

export interface PlanRequest {
  readonly target: string;
  readonly environment: string;
  readonly type: TargetType;
  readonly schema?: SchemaFiles;
  readonly statements?: AlterStatements;
  readonly ignoreTables?: readonly string[];
  readonly onlyTables?: readonly string[];
  readonly direct?: DirectLimits;
  readonly lint?: LintLevels;
}

/** The `control` row of the state table: what the workflow wants the driver to do. */
export interface Control {
  /** Grows with every control; an older one never overwrites a newer one. */
  readonly sequence: number;
  readonly run: 'run' | 'stop';
  readonly volume: number;
  readonly cutover: boolean;
}

/** Which change, and where: the same in every step, whatever was asked since the plan (R1). */
export interface ChangePlace {
  readonly changeId: string;
  readonly route: Route;
  readonly planHash: string;
  /** Namespace of the state table: that of the plan's first task. */
  readonly stateNamespace: string;
  /**
   * A step has been at work: a target without the state of the change is another one, and nothing is written there. An
   * inventory or an account that says no is waited for.
   */
  readonly begun?: boolean;
}

/** What every step of a change is given; the target tells the rest. */
export interface StepInput extends ChangePlace {
  /** The tasks this step is for. */
  readonly tasks: readonly PlannedTask[];
  /** The control in force when the step was scheduled. */
  readonly control: Control;
  /** Nothing of the change is left to be done after this step, which removes the state of the change as well. */
  readonly last?: boolean;
}

/** What is written into the row on the target by which running steps are steered. */
export interface ControlInput extends ChangePlace {
  readonly control: Control;
}

/** What the target had to say when the control was written. */
export interface ControlResult {
  /** Ids of tasks that were already swapped when the control was written (C2). */
  readonly swapped: readonly string[];
}

/** A change that ends, and whatever it has made on the target goes. */
export interface CleanUpInput extends ChangePlace {
  readonly tasks: readonly PlannedTask[];
}

/** How a step ended that did not fail. */
export type StepOutcome =
  /** Everything that this step is for is done. */
  | { readonly outcome: 'done'; readonly reports: Readonly<Record<string, TaskReport>> }
  /**
   * The control row said stop; position written. `swapped`: tasks that were swapped before. `resumeBefore`: when the
   * server may purge the binlogs from the position on; ISO 8601.
   */
  | { readonly outcome: 'stopped'; readonly swapped: readonly string[]; readonly resumeBefore?: string }
  /** The worker is going away; position written; run the step again elsewhere. */
  | { readonly outcome: 'handover' }
  /** What the step waited for was asked for (a cutover, a revert). */
  | { readonly outcome: 'asked' };

/** Internal signal from a copying activity: a phase change or ten percent more. */
export interface Milestone {
  readonly taskId: string;
  readonly phase: TaskPhase;
  readonly percent: number;
  readonly rows: number;
  readonly of: number;
  readonly rowsPerSecond: number;
  readonly eta?: string;
  readonly waitingFor?: string;
  readonly throttle?: string;
}
