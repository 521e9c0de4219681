import type { Reason } from '../contract/index.js';
import { KEY_CHARSETS, KEY_TYPES } from '../mysql/index.js';
import { membersKeepTheirPlace, parseType } from './column-types.js';
import type { Difference } from './diff.js';
import type { LiveTable } from './live-tables.js';
import type { ColumnItem, IndexItem, TableDefinition } from './table-definition.js';

const MAX_NAME = 64;

/** Why a table cannot be copied online (P3); empty when it can. */
export function copyBlocks(
  live: LiveTable,
  from: TableDefinition,
  to: TableDefinition,
  differences: readonly Difference[],
): Reason[] {
  const reasons: Reason[] = [];
  const block = (code: string, message: string, column?: string): void =>
    void reasons.push({ code, message, ...(column === undefined ? {} : { column }) });
  if (live.engine !== 'InnoDB') block('engine', `only InnoDB tables are copied online, this one is ${live.engine}`);
  if (from.foreignKeys.length > 0 || to.foreignKeys.length > 0)
    block('foreign-key', 'the table has foreign keys, which would follow the old table at the swap');
  if (live.referencedBy.length > 0)
    block('foreign-key', `foreign keys point to the table: ${live.referencedBy.join(', ')}`);
  if (live.triggers > 0) block('trigger', 'the table has triggers, which the swap would leave behind');
  if (to.checks.length > 0)
    block('check', 'the table has CHECK constraints, whose names the shadow cannot have at the same time');
  if (Array.from(`_${live.name}_sterna_new`).length > MAX_NAME)
    block(
      'name-too-long',
      `the name of the shadow, _${live.name}_sterna_new, would be longer than ${MAX_NAME} characters`,
    );
  for (const difference of differences) {
    if (difference.kind !== 'change-column') continue;
    const { from: a, to: b } = difference;
    if (!membersKeepTheirPlace(a.type, b.type))
      block('enum-reorder', `\`${b.name}\`: members of an enum or set would change their place`, b.name);
  }
  const key = trackedKey(from);
  if (key === null) {
    block(
      'no-tracked-key',
      'the table has no primary key, nor a unique key over whole columns without nulls and of types and charsets whose values in the binlog lead back to their rows',
    );
    return reasons;
  }
  const kept = to.indexes.find(
    (index) =>
      index.name === key.name && (index.kind === 'primary' || index.kind === 'unique') && sameColumns(index, key),
  );
  if (kept === undefined)
    block('tracked-key-changes', `the key by which rows are followed, \`${key.name}\`, changes or goes away`);
  for (const name of key.columns ?? []) {
    const [a, b] = [column(from, name), column(to, name)];
    if (a === undefined || b === undefined) block('tracked-key-changes', `key column \`${name}\` goes away`, name);
    else if (parseType(a.type).name !== parseType(b.type).name && !(isInteger(a) && isInteger(b)))
      block('tracked-key-changes', `key column \`${name}\` changes from ${a.type} to ${b.type}`, name);
    else if (a.collation !== b.collation || a.charset !== b.charset)
      block('tracked-key-changes', `key column \`${name}\` changes its collation`, name);
  }
  return reasons;
}

/** The primary key, else the first unique key by name that can be tracked; as the engine chooses it. */
export function trackedKey(table: TableDefinition): IndexItem | null {
  const usable = (index: IndexItem): boolean =>
    index.columns !== null &&
    index.columns.every((name) => {
      const found = column(table, name);
      return (
        found !== undefined &&
        !found.nullable &&
        KEY_TYPES.has(parseType(found.type).name) &&
        (found.charset === null || KEY_CHARSETS.has(found.charset))
      );
    });
  const primary = table.indexes.find((index) => index.kind === 'primary');
  if (primary !== undefined && usable(primary)) return primary;
  return (
    table.indexes
      .filter((index) => index.kind === 'unique' && usable(index))
      .sort((a, b) => (a.name < b.name ? -1 : 1))[0] ?? null
  );
}

function column(table: TableDefinition, name: string): ColumnItem | undefined {
  return table.columns.find((each) => each.name.toLowerCase() === name.toLowerCase());
}

function isInteger({ type }: ColumnItem): boolean {
  return ['tinyint', 'smallint', 'mediumint', 'int', 'bigint'].includes(parseType(type).name);
}

function sameColumns(a: IndexItem, b: IndexItem): boolean {
  return (
    a.columns !== null &&
    b.columns !== null &&
    a.columns.join('\0').toLowerCase() === b.columns.join('\0').toLowerCase()
  );
}
