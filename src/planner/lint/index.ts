import { LINT_RULES, type LintFinding, type LintLevels } from '../../contract/index.js';
import { indexDroppedVisible, mixedVisibility, possibleRename } from './change-checks.js';
import {
  autoIncrementCapacity,
  autoIncrementType,
  displayWidth,
  enumeration,
  float,
  timestamp2038,
  zeroDate,
} from './column-checks.js';
import { duplicateIndex, nullableUnique, redundantIndex, temporalFirst } from './index-checks.js';
import { foreignKey, foreignKeyParent, relatedTypes } from './relation-checks.js';
import type { Check, LintFacts, LintTable } from './rule.js';
import { charset, compression, engine, nameCase, primaryKey, primaryKeyType, reservedWord } from './table-checks.js';

export type { LintFacts, LintTable } from './rule.js';

const CHECKS: readonly Check[] = [
  primaryKey,
  primaryKeyType,
  engine,
  charset,
  compression,
  autoIncrementType,
  autoIncrementCapacity,
  float,
  timestamp2038,
  zeroDate,
  displayWidth,
  enumeration,
  duplicateIndex,
  redundantIndex,
  nullableUnique,
  temporalFirst,
  foreignKey,
  foreignKeyParent,
  relatedTypes,
  reservedWord,
  nameCase,
  indexDroppedVisible,
  mixedVisibility,
  possibleRename,
];

/** What the rules find in a table, in one order (P6). */
export function lintTable(table: LintTable, facts: LintFacts, levels: LintLevels = {}): LintFinding[] {
  return CHECKS.flatMap((check) => check(table, facts)).flatMap(({ rule, message, column }): LintFinding[] => {
    const severity = levels[rule] ?? LINT_RULES[rule];
    return severity === 'off' ? [] : [{ rule, severity, message, ...(column === undefined ? {} : { column }) }];
  });
}
