import type { LintRule, RenamedColumn } from '../../contract/index.js';
import type { Difference } from '../diff.js';
import type { TableDefinition } from '../table-definition.js';

/** A table as the rules see it. */
export interface LintTable {
  readonly name: string;
  readonly definition: TableDefinition;
  /** What its change consists of; empty for a new table, and where nothing changes. */
  readonly differences: readonly Difference[];
  /** The table as it was; absent for a new one, and where nothing changes. */
  readonly before?: TableDefinition;
  readonly renames?: readonly RenamedColumn[];
  /** The next AUTO_INCREMENT value, where the table is there and has one. */
  readonly nextId?: bigint;
}

/** What a rule may know beside the table. */
export interface LintFacts {
  /** In upper case, of this server's version. */
  readonly reservedWords: ReadonlySet<string>;
  /** Of the same namespace, by name; all of them only where `isWhole`. */
  readonly tables: ReadonlyMap<string, TableDefinition>;
  readonly isWhole: boolean;
}

export interface Found {
  readonly rule: LintRule;
  /** What is found, and what to do about it. */
  readonly message: string;
  readonly column?: string;
}

export type Check = (table: LintTable, facts: LintFacts) => readonly Found[];
