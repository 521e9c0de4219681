import type { TargetType } from './target-type.js';
/** What a control plane sends to start workflows. JSON only: no Date, BigInt or Map. */

import type { LintLevels } from './lint.js';
import type { DirectLimits } from './plan.js';

/** namespace -> file name -> SQL text (one CREATE TABLE per file). */
export type SchemaFiles = Readonly<Record<string, Readonly<Record<string, string>>>>;
/** namespace -> ALTER TABLE statements, run online as written. */
export type AlterStatements = Readonly<Record<string, readonly string[]>>;

/** How a change is applied; docs/contract.md has the defaults. */
export interface ChangeOptions {
  /** Apply without waiting for the `apply` message. @default false */
  readonly autoApply?: boolean;
  /** Consent to statements that lose or may lose data (P2). @default false */
  readonly allowUnsafe?: boolean;
  /** All tables wait for one `cutover` and swap together. @default false */
  readonly deferCutover?: boolean;
  /** How long the old table is kept equal after the cutover, e.g. `30m`. @default '0s' */
  readonly revertWindow?: string;
  /** 1 (gentle) to 11 (as fast as the server takes); 0 holds copying and comparing. @default 5 */
  readonly volume?: number;
  /** What to do when another change holds the target. @default 'reject' */
  readonly onConflict?: 'reject' | 'queue';
  /** How long a plan waits for `apply`, e.g. `7d`. @default '7d' */
  readonly planTtl?: string;
  /** Globs of table names that do not exist for this change, on both sides; disclosed in the plan. */
  readonly ignoreTables?: readonly string[];
  /** Ids (`<namespace>.<table>`) of the only tables that exist for this change, on both sides. @default all */
  readonly onlyTables?: readonly string[];
  /** Change a table with fewer rows by one ALTER of the server, which blocks its writers meanwhile. @default 0: none */
  readonly directBelowRows?: number;
  /** The same, by bytes; with both, a table has to be under both. @default 0: none */
  readonly directBelowBytes?: number;
  /** How much findings of lint rules count; docs/lint.md has the rules. @default LINT_RULES */
  readonly lint?: LintLevels;
}

/** Where a change was asked for; recorded, and shown. */
export interface ChangeSource {
  readonly repository?: string;
  readonly pullRequest?: number;
  readonly commit?: string;
}

/** Input of `schemaChange`: the desired files or the statements, exactly one of both. */
export interface SchemaChangeInput {
  readonly target: string;
  readonly environment: string;
  /** @default 'mysql' */
  readonly type?: TargetType;
  /** The desired state. Exactly one of `schema` and `statements`. */
  readonly schema?: SchemaFiles;
  readonly statements?: AlterStatements;
  readonly options?: ChangeOptions;
  /** Recorded, not trusted. */
  readonly caller?: string;
  readonly reason?: string;
  readonly source?: ChangeSource;
}

/** Input of `pullSchema`. */
export interface PullSchemaInput {
  readonly target: string;
  readonly environment: string;
  readonly type?: TargetType;
  /** Namespaces to read; all that hold tables when absent. */
  readonly namespaces?: readonly string[];
}

/** Input of `undropTable`. */
export interface UndropTableInput {
  readonly target: string;
  readonly environment: string;
  readonly type?: TargetType;
  readonly namespace: string;
  /** Its name before it was dropped. */
  readonly table: string;
}

/** Input of `probeTargets`. */
export interface ProbeTargetsInput {
  readonly environment?: string;
  readonly targets?: readonly string[];
  /** Targets that have all of these. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** Zero sets no limit. */
export function directLimits({ directBelowRows = 0, directBelowBytes = 0 }: ChangeOptions): DirectLimits {
  return {
    ...(directBelowRows > 0 ? { rows: directBelowRows } : {}),
    ...(directBelowBytes > 0 ? { bytes: directBelowBytes } : {}),
  };
}

/** Of one desired file; a definition of a thousand columns has about 100 KB. */
export const MAX_FILE_BYTES = 1024 * 1024;

/** In between gentle and fast. */
export const DEFAULT_VOLUME = 5;
/** Holds copying and comparing. */
export const MIN_VOLUME = 0;
/** As fast as the server takes. */
export const MAX_VOLUME = 11;
