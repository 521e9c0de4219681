import { type Reason, type RenamedColumn, sourceOf } from '../contract/index.js';
import { narrowing } from './column-types.js';
import type { Difference } from './diff.js';
import type { ColumnItem, TableDefinition } from './table-definition.js';

/** Charsets whose every character another one has too. */
const SUPERSETS: Readonly<Record<string, readonly string[]>> = {
  ascii: ['utf8mb4', 'utf8mb3', 'latin1', 'latin2', 'gbk', 'utf16', 'utf32', 'ucs2'],
  utf8mb3: ['utf8mb4', 'utf16', 'utf32', 'utf16le'],
  latin1: ['utf8mb4', 'utf8mb3', 'utf16', 'utf32', 'ucs2'],
  latin2: ['utf8mb4', 'utf8mb3', 'utf16', 'utf32', 'ucs2'],
  gbk: ['utf8mb4'],
  ucs2: ['utf8mb4', 'utf16', 'utf32'],
  utf16: ['utf8mb4', 'utf32'],
  utf32: ['utf8mb4', 'utf16'],
  utf8mb4: ['utf16', 'utf32'],
};

/**
 * What a change may lose or break. `empty`: the table holds no row, so nothing can be shortened or left without a value.
 * `renames`: columns that keep their values under another name, which the definitions alone do not tell.
 */
export function unsafeReasons(
  differences: readonly Difference[],
  from: TableDefinition,
  to: TableDefinition,
  empty: boolean,
  renames: readonly RenamedColumn[] = [],
): Reason[] {
  const pairs = to.columns.flatMap((column) => {
    const source = sourceOf(column.name, from.columns, renames);
    return source === undefined ? [] : [{ from: source, to: column }];
  });
  const gone = from.columns.filter(
    (column) => column.generated !== 'virtual' && !pairs.some((pair) => pair.from === column),
  );
  return [
    ...gone.map(({ name }) => ({
      code: 'drops-column',
      column: name,
      message: `drops column \`${name}\` and its values`,
    })),
    ...differences.flatMap((difference): Reason[] => {
      if (difference.kind !== 'drop-index' || difference.replaced) return [];
      if (difference.index.kind === 'primary') return [{ code: 'drops-primary-key', message: 'drops the primary key' }];
      return difference.index.invisible
        ? []
        : [
            {
              code: 'drops-visible-index',
              message: `drops index \`${difference.index.name}\`, which queries may use; make it invisible first`,
            },
          ];
    }),
    ...pairs.flatMap((pair) => columnReasons(pair, from, empty)),
  ];
}

/** To a charset that does not have every character. */
export function convertsCharset(from: Pick<ColumnItem, 'charset'>, to: Pick<ColumnItem, 'charset'>): boolean {
  if (from.charset === null || to.charset === null || from.charset === to.charset) return false;
  return !(SUPERSETS[from.charset] ?? []).includes(to.charset);
}

function columnReasons(
  { from, to }: { readonly from: ColumnItem; readonly to: ColumnItem },
  table: TableDefinition,
  empty: boolean,
): Reason[] {
  const reasons: Reason[] = [];
  const column = to.name;
  const lossy = narrowing(from.type, to.type, { from: from.charset, to: to.charset });
  if (lossy !== null && !empty) reasons.push({ code: 'narrows-type', column, message: `\`${column}\`: ${lossy}` });
  if (from.generated === null && to.generated !== null && !empty)
    reasons.push({
      code: 'computes-column',
      column,
      message: `\`${column}\` becomes computed; what it gives replaces the values`,
    });
  if (from.nullable && !to.nullable && !empty)
    reasons.push({
      code: 'adds-not-null',
      column,
      message: `\`${column}\` becomes NOT NULL; rows without a value do not fit`,
    });
  if (to.srid !== null && from.srid !== to.srid && !empty)
    reasons.push({
      code: 'changes-srid',
      column,
      message: `\`${column}\`: values of another reference system than ${to.srid} do not fit`,
    });
  if (convertsCharset(from, to) && !empty) {
    reasons.push({
      code: 'converts-charset',
      column,
      message: `\`${column}\`: not every character of ${from.charset} exists in ${to.charset}`,
    });
  }
  const unique = table.indexes.some(
    (index) =>
      (index.kind === 'primary' || index.kind === 'unique') && (index.columns ?? [from.name]).includes(from.name),
  );
  if (from.collation !== to.collation && unique && !empty) {
    reasons.push({
      code: 'changes-unique-collation',
      column,
      message: `\`${column}\`: values that differ by ${from.collation} may be equal by ${to.collation}, and a unique key is on it`,
    });
  }
  if (from.name !== to.name)
    reasons.push({
      code: 'renames-column',
      column: from.name,
      message: `renames \`${from.name}\` to \`${to.name}\`; applications cannot switch at the same instant`,
    });
  return reasons;
}

/** What cannot be done at all, whoever consents (P3). */
export function blockedReasons(differences: readonly Difference[]): Reason[] {
  return differences.flatMap((difference): Reason[] => {
    if (difference.clause !== null) return [];
    return [{ code: difference.kind, message: `${difference.what}; this version does not change that` }];
  });
}
