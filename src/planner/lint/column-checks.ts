import { parseType } from '../column-types.js';
import type { ColumnItem } from '../table-definition.js';
import type { Check, Found } from './rule.js';

const INTEGER_BITS: Readonly<Record<string, number>> = { tinyint: 8, smallint: 16, mediumint: 24, int: 32, bigint: 64 };
/** Of what an AUTO_INCREMENT column can hold. */
const NEARLY_FULL_PERCENT = 80n;

export const autoIncrementType: Check = ({ definition }) =>
  definition.columns.flatMap((column): Found[] => {
    const { name, unsigned } = parseType(column.type);
    const bits = INTEGER_BITS[name];
    if (!column.autoIncrement || bits === undefined || (bits >= 32 && unsigned) || bits === 64) return [];
    return [
      found(
        'auto-increment-type',
        column,
        `counts up to ${highest(bits, unsigned)}; a BIGINT UNSIGNED is never full, and costs four bytes a row`,
      ),
    ];
  });

export const autoIncrementCapacity: Check = ({ definition, nextId }) =>
  definition.columns.flatMap((column): Found[] => {
    const { name, unsigned } = parseType(column.type);
    const bits = INTEGER_BITS[name];
    if (!column.autoIncrement || bits === undefined || nextId === undefined) return [];
    const percent = (100n * nextId) / highest(bits, unsigned);
    if (percent < NEARLY_FULL_PERCENT) return [];
    return [
      found(
        'auto-increment-capacity',
        column,
        `has used ${percent} % of its numbers; change it to BIGINT UNSIGNED before inserts fail`,
      ),
    ];
  });

export const float: Check = ({ definition }) =>
  ofTypes(definition.columns, ['float', 'double'], (column) =>
    found('float', column, 'is not exact: sums and comparisons surprise; use a DECIMAL for what is counted or paid'),
  );

export const timestamp2038: Check = ({ definition }) =>
  ofTypes(definition.columns, ['timestamp'], (column) =>
    found(
      'timestamp-2038',
      column,
      'ends on 2038-01-19, and shifts with the session’s time zone; use a DATETIME in UTC',
    ),
  );

export const zeroDate: Check = ({ definition }) =>
  definition.columns
    .filter(({ text }) => /\bDEFAULT '0000-00-00/.test(text))
    .map((column) =>
      found('zero-date', column, 'has a date as its default that does not exist, which strict modes refuse; use NULL'),
    );

export const displayWidth: Check = ({ definition }) =>
  definition.columns
    .filter(({ type }) => /zerofill/.test(type) || /^(small|medium|big)?int\(\d+\)/.test(type))
    .map((column) =>
      found('display-width', column, 'has a display width, which limits no value and is deprecated; leave it out'),
    );

export const enumeration: Check = ({ definition }) =>
  ofTypes(definition.columns, ['enum', 'set'], (column) =>
    found(
      'enum',
      column,
      'keeps its members in the definition: each new one is a schema change; use a table of its own',
    ),
  );

function ofTypes(
  columns: readonly ColumnItem[],
  types: readonly string[],
  tell: (column: ColumnItem) => Found,
): readonly Found[] {
  return columns.filter(({ type }) => types.includes(parseType(type).name)).map(tell);
}

function found(rule: Found['rule'], { name, type }: ColumnItem, text: string): Found {
  return { rule, column: name, message: `\`${name}\` (${type}) ${text}.` };
}

function highest(bits: number, unsigned: boolean): bigint {
  return 2n ** BigInt(unsigned ? bits : bits - 1) - 1n;
}
