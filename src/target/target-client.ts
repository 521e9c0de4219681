import type {
  CleanUpInput,
  ControlInput,
  ControlResult,
  Finding,
  LintedTable,
  LintRequest,
  Plan,
  PlanRequest,
  ProbeResult,
  PullSchemaResult,
  StepInput,
  StepOutcome,
  TaskProgress,
  UndropTableInput,
} from '../contract/index.js';
import type { ChangeHold, FoundChange, Leftovers } from '../engine/index.js';

/** Where an operation tells what it does, e.g. a pino logger. Fields hold no address (R2). */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What a caller hands to every operation. Nothing here knows Temporal. */
export interface OperationContext {
  /** Aborted: leave at once, as in a crash; throws the signal's reason. */
  readonly signal: AbortSignal;
  /** Aborted: the worker goes away; write the position and return `handover`. */
  readonly drain: AbortSignal;
  /** The work goes on: called between any two pieces of it. */
  alive(): void;
  /** Throws when this work is not wanted any more, because others have taken it over or its change has ended (S1). */
  confirm(): Promise<void>;
  progress(progress: TaskProgress): void;
  readonly log: Log;
}

/** A change that this process drives by itself. */
export type HeldChange = Pick<
  ChangeHold,
  'find' | 'keep' | 'phases' | 'confirm' | 'assertHeld' | typeof Symbol.asyncDispose
>;

/** What `sterna doctor` looks at: what the server lacks for changes, and what changes have left there. */
export interface TargetExamination {
  readonly findings: readonly Finding[];
  readonly leftovers: Leftovers;
}

/**
 * Everything Sterna does on one target. One object per target and worker, shared by all its changes;
 * namespaces come with each operation. Every step may be run again after a crash at any point.
 */
export interface TargetClient {
  /** Connections to servers that are open now. */
  connections(): number;
  probe(context: OperationContext): Promise<Omit<ProbeResult, 'target' | 'environment'>>;
  pull(request: { readonly namespaces?: readonly string[] }, context: OperationContext): Promise<PullSchemaResult>;
  plan(request: PlanRequest, context: OperationContext): Promise<Plan>;
  /** What the rules find in desired files. */
  lint(request: LintRequest): Promise<readonly LintedTable[]>;

  /** Makes the state of the change, and nothing else. */
  claimTarget(step: StepInput, context: OperationContext): Promise<StepOutcome>;
  runStatements(step: StepInput, context: OperationContext): Promise<StepOutcome>;
  prepareTables(step: StepInput, context: OperationContext): Promise<StepOutcome>;
  copyTables(step: StepInput, context: OperationContext): Promise<StepOutcome>;
  holdTables(step: StepInput, context: OperationContext): Promise<StepOutcome>;
  cutOver(step: StepInput, context: OperationContext): Promise<StepOutcome>;
  guardRevert(step: StepInput, context: OperationContext): Promise<StepOutcome>;
  revertTables(step: StepInput, context: OperationContext): Promise<StepOutcome>;
  cleanUp(input: CleanUpInput, context: OperationContext): Promise<void>;
  writeControl(input: ControlInput, context: OperationContext): Promise<ControlResult>;

  /** For a process that drives a change without a workflow. Throws `target_held` where another one has it. Whoever takes it disposes of it. */
  holdChange(changeId: string): Promise<HeldChange>;

  /** What the server lacks, and what changes have left. @param namespaces absent: all that the target allows */
  examine(namespaces: readonly string[] | undefined): Promise<TargetExamination>;
  /** Removes what a change has made (E7). Whoever asks knows that it has ended; `confirm` is asked once more. */
  removeChange(change: FoundChange, context: OperationContext): Promise<void>;
  /** The name under which a dropped table is kept, or null. */
  findDropped(
    request: Pick<UndropTableInput, 'namespace' | 'table'>,
    context: OperationContext,
  ): Promise<string | null>;
  restoreDropped(
    request: Pick<UndropTableInput, 'namespace' | 'table'> & { readonly dropped: string },
    context: OperationContext,
  ): Promise<void>;

  /** Closes its connections; called once, when nobody uses the client any more (K2). */
  close(): Promise<void>;
}
