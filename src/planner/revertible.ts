import type { PlannedTask, Reason, RenamedColumn } from '../contract/index.js';
import { withoutQuoted } from '../mysql/index.js';
import { narrowing, parseType } from './column-types.js';
import { trackableKeys } from './copy-conditions.js';
import type { Difference } from './diff.js';
import { convertsCharset } from './safety.js';
import type { ColumnItem, IndexItem, TableDefinition } from './table-definition.js';

type Revertibility = Required<Pick<PlannedTask, 'revertible' | 'revertReasons'>>;

export function notRevertible(code: string, message: string): Revertibility {
  return { revertible: false, revertReasons: [{ code, message }] };
}

/**
 * Whether the replaced table of a copy can be kept equal to the new one, as the engine does it, and what a row may
 * hold that ends that. Reads the change backwards: from the new definition to the replaced one.
 */
export function revertibility(
  replaced: TableDefinition,
  current: TableDefinition,
  differences: readonly Difference[],
  /** Columns that get another name: rows are brought back by the names of columns. */
  renames: readonly RenamedColumn[] = [],
): Revertibility {
  if (renames.length > 0)
    return notRevertible(
      'renames-column',
      `values of ${renames.map(({ from }) => `\`${from}\``).join(', ')} would not find their column`,
    );
  if (replaced.foreignKeys.length > 0 || current.foreignKeys.length > 0)
    return notRevertible('foreign-key', 'foreign keys would stay with the table that a revert takes away');
  if (replaced.checks.length > 0 || current.checks.length > 0)
    return notRevertible('check', 'CHECK constraints would not get their names back');
  const [key] = trackableKeys(current);
  if (key === undefined || !isFoundBy(replaced, key, current))
    return notRevertible(
      'no-key-back',
      'rows of the replaced table are not found for certain by the key of the new one: it has to be its primary key, or its only unique key, of the same types',
    );
  return { revertible: true, revertReasons: differences.flatMap((difference) => risks(difference, current)) };
}

/** A duplicate is found by the primary key first: any other key would do only alone. */
function isFoundBy(replaced: TableDefinition, key: IndexItem, current: TableDefinition): boolean {
  const unique = replaced.indexes.filter(({ kind }) => kind === 'primary' || kind === 'unique');
  const names = (index: IndexItem | undefined): string | undefined => index?.columns?.join('\0').toLowerCase();
  const own = unique.find(({ kind }) => kind === 'primary');
  if (names(own) !== names(key) && !(unique.length === 1 && names(unique[0]) === names(key))) return false;
  return (key.columns ?? []).every((name) => {
    const [a, b] = [column(replaced, name), column(current, name)];
    return a !== undefined && b !== undefined && isSameKind(a, b);
  });
}

const INTEGERS = ['tinyint', 'smallint', 'mediumint', 'int', 'bigint'];

function isSameKind(a: ColumnItem, b: ColumnItem): boolean {
  const [from, to] = [parseType(a.type).name, parseType(b.type).name];
  const isSameType = from === to || (INTEGERS.includes(from) && INTEGERS.includes(to));
  return isSameType && a.collation === b.collation && a.charset === b.charset;
}

function column(table: TableDefinition, name: string): ColumnItem | undefined {
  return table.columns.find((each) => each.name.toLowerCase() === name.toLowerCase());
}

function risks(difference: Difference, current: TableDefinition): Reason[] {
  switch (difference.kind) {
    case 'add-column': {
      const { name, generated } = difference.column;
      if (generated !== null) return [];
      return [{ code: 'loses-column', column: name, message: `values of \`${name}\` are lost by a revert` }];
    }
    case 'drop-column': {
      const { name, generated, nullable, autoIncrement, text } = difference.column;
      if (generated !== null || nullable || autoIncrement || / DEFAULT /.test(withoutQuoted(text))) return [];
      const message = `a new row cannot go back: \`${name}\` is NOT NULL and has no default`;
      return [{ code: 'no-default', column: name, message }];
    }
    case 'drop-index': {
      const { kind, name } = difference.index;
      if (kind !== 'unique' && kind !== 'primary') return [];
      return [{ code: 'unique-back', message: `duplicates cannot go back to the unique key \`${name}\`` }];
    }
    case 'change-column':
      return columnRisks(difference.from, difference.to, current);
    default:
      return [];
  }
}

function columnRisks(from: ColumnItem, to: ColumnItem, current: TableDefinition): Reason[] {
  const risk = (code: string, message: string): Reason => ({ code, column: to.name, message });
  const lossy = narrowing(to.type, from.type, { from: to.charset, to: from.charset });
  const unique = current.indexes.some(
    ({ kind, columns }) => (kind === 'primary' || kind === 'unique') && (columns ?? [to.name]).includes(to.name),
  );
  return [
    ...(lossy === null ? [] : [risk('narrows-back', `a value of \`${to.name}\` may not go back: ${lossy}`)]),
    ...(to.nullable && !from.nullable
      ? [risk('null-back', `a row without a value cannot go back: \`${to.name}\` was NOT NULL`)]
      : []),
    ...(convertsCharset(to, from)
      ? [risk('charset-back', `a text of \`${to.name}\` may not go back from ${to.charset} to ${from.charset}`)]
      : []),
    ...(unique && from.collation !== to.collation
      ? [risk('unique-back', `values of \`${to.name}\` that differ now may have been equal before, in a unique key`)]
      : []),
  ];
}
