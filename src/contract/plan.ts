import type { TargetType } from './target-type.js';
/** The plan: immutable, complete, JSON. */

/** Fixed at plan time; every later step uses it (R1). Holds no host and no secret (R2). */
export interface Route {
  readonly target: string;
  readonly environment: string;
  readonly type: TargetType;
  readonly namespaces: readonly string[];
}

/** `unsafe`: loses or may lose data, and needs consent (P2). `blocked`: cannot be applied (P3). */
export type Safety = 'safe' | 'unsafe' | 'blocked';
/** How a statement is run: at once, by the server in place or instantly, or by a copy of the table. */
export type Execution = 'direct' | 'instant' | 'inplace' | 'copy';
/** What becomes of the table. */
export type TaskAction = 'create' | 'alter' | 'drop';

/** Why a verdict is what it is. */
export interface Reason {
  /** Stable, kebab-case: `drops-column`, `narrows-type`, `foreign-key`, ... */
  readonly code: string;
  readonly message: string;
  readonly column?: string;
}

/** What a rule says of a table. */
export interface LintFinding {
  readonly rule: string;
  readonly severity: 'info' | 'warning' | 'error';
  readonly message: string;
  readonly column?: string;
}

/** A column that keeps its values under another name. */
export interface RenamedColumn {
  readonly from: string;
  readonly to: string;
}

/** A table under all that is given is changed by one ALTER of the server, which keeps writers waiting meanwhile. */
export interface DirectLimits {
  /** Counted. */
  readonly rows?: number;
  /** Of the server's statistics: data and indexes. */
  readonly bytes?: number;
}

/** One table of a plan. */
export interface PlannedTask {
  /** `<namespace>.<table>`, unique in the plan. */
  readonly id: string;
  readonly namespace: string;
  readonly table: string;
  readonly action: TaskAction;
  /**
   * The exact statements, in order (P1). An alteration starts with "ALTER TABLE `<table>` ": the engine
   * directs it at the shadow table by replacing exactly that prefix.
   */
  readonly statements: readonly string[];
  readonly execution: Execution;
  /** Why this execution class, for people: "changes the type of `k`". */
  readonly executionReason: string;
  readonly safety: Safety;
  /** Why it is unsafe or blocked; empty when safe. */
  readonly reasons: readonly Reason[];
  readonly lint: readonly LintFinding[];
  /** Whether a revert window can take it back; absent in plans of earlier versions, which cannot. */
  readonly revertible?: boolean;
  /** Why not; or, of a table that can be swapped back, what a row written after the cutover may hold that ends that. */
  readonly revertReasons?: readonly Reason[];
  /** Canonical `SHOW CREATE TABLE` text without AUTO_INCREMENT; null when the table does not exist. */
  readonly liveDefinition: string | null;
  readonly desiredDefinition: string | null;
  readonly liveFingerprint: string | null;
  readonly desiredFingerprint: string | null;
  /** Server statistics, not exact counts. */
  readonly estimatedRows: number;
  readonly estimatedBytes: number;
  /** Of a copy at the default volume, on a server that is not busy; absent of everything else, which is a moment. */
  readonly estimatedSeconds?: number;
  /** Of an alteration that is run directly: the table has to be under them then, too. */
  readonly directLimits?: DirectLimits;
  /** Columns that get another name; absent when there are none. Two names may change places. */
  readonly renamedColumns?: readonly RenamedColumn[];
}

/** What was planned and shown is what runs, to the letter (P1). docs/plan.schema.json has its schema. */
export interface Plan {
  readonly format: 1;
  readonly route: Route;
  readonly server: { readonly version: string; readonly settings: Readonly<Record<string, string>> };
  /** In the order of execution. Empty: nothing to change. */
  readonly tasks: readonly PlannedTask[];
  /** Ids (`<namespace>.<table>`) of tables left out by `ignoreTables`. */
  readonly ignoredTables: readonly string[];
  /** sha256 over everything else. */
  readonly planHash: string;
}
