import type { SchemaFiles } from './input.js';
import type { LintFinding } from './plan.js';

/** From silence to what blocks a table. */
export const LINT_LEVELS = ['off', 'info', 'warning', 'error'] as const;

/** How much a finding counts. An `error` blocks its table. */
export type LintLevel = (typeof LINT_LEVELS)[number];

/** Every rule and its level where nothing else is said; docs/lint.md explains each. */
export const LINT_RULES = {
  'auto-increment-capacity': 'warning',
  'auto-increment-type': 'info',
  charset: 'warning',
  compression: 'info',
  'display-width': 'info',
  'duplicate-index': 'warning',
  engine: 'warning',
  enum: 'off',
  float: 'info',
  'foreign-key': 'warning',
  'foreign-key-parent': 'warning',
  'index-dropped-visible': 'info',
  'mixed-visibility': 'info',
  'name-case': 'info',
  'nullable-unique': 'info',
  'possible-rename': 'warning',
  'primary-key': 'warning',
  'primary-key-type': 'warning',
  'redundant-index': 'info',
  'related-types': 'warning',
  'reserved-word': 'info',
  'temporal-first': 'info',
  'timestamp-2038': 'info',
  'zero-date': 'warning',
} as const satisfies Readonly<Record<string, LintLevel>>;

/** A rule of docs/lint.md. */
export type LintRule = keyof typeof LINT_RULES;

/** Desired files to be checked. */
export interface LintRequest {
  readonly schema: SchemaFiles;
  readonly ignoreTables?: readonly string[];
  readonly lint?: LintLevels;
}

/** What the rules find in one desired file. */
export interface LintedTable {
  readonly namespace: string;
  readonly table: string;
  readonly findings: readonly LintFinding[];
}

/** Levels other than those by default. */
export type LintLevels = Readonly<Partial<Record<LintRule, LintLevel>>>;
