import { type RenamedColumn, sameName } from '../contract/index.js';
import { listAt, quoteName, splitDefinition, splitList, withNames } from '../mysql/index.js';
import type { Difference } from './diff.js';
import { scanSql } from './sql-scanner.js';
import type { ColumnItem, TableDefinition } from './table-definition.js';

const ANNOTATION = /^[ \t]*-- sterna:renamed from=(.+?)[ \t\r]*$/gm;
/** What else a line of a definition begins with. */
const ITEM = /^(KEY|INDEX|UNIQUE|FULLTEXT|SPATIAL|PRIMARY|CONSTRAINT|CHECK|FOREIGN)$/i;

/** `-- sterna:renamed from=old_name` on a line of its own, and the column below it. Calls `fail` where none is. */
export function annotatedRenames(sql: string, fail: (offset: number, expected: string) => Error): RenamedColumn[] {
  const { tokens } = scanSql(sql);
  return [...sql.matchAll(ANNOTATION)].flatMap(({ index, 1: written = '' }) => {
    const next = tokens.findIndex(({ offset }) => offset > index);
    const before = tokens[next < 0 ? tokens.length - 1 : next - 1];
    if (before !== undefined && before.offset + before.value.length > index) return []; // a line of a text
    const column = tokens[next];
    const isColumn = column?.kind === 'name' || (column?.kind === 'word' && !ITEM.test(column.value));
    if (column === undefined || !isColumn || !/^[(,]$/.test(before?.value ?? ''))
      throw fail(index, 'a column below this line, which is to keep the values of another one');
    const from = /^`(.+)`$/.exec(written)?.[1]?.replaceAll('``', '`') ?? written;
    return [{ from, to: column.value }];
  });
}

/** What is not done yet, since the annotation may stay in the file; and columns whose names are in other letters now. */
export function renamesToDo(
  renames: readonly RenamedColumn[],
  from: TableDefinition,
  to: TableDefinition,
): RenamedColumn[] {
  const find = ({ columns }: TableDefinition, name: string): ColumnItem | undefined =>
    columns.find((column) => sameName(column.name, name));
  const letters = from.columns.flatMap((before) => {
    const after = find(to, before.name);
    return after === undefined || after.name === before.name ? [] : { from: before.name, to: after.name };
  });
  const annotated = renames.flatMap((rename) => {
    const [before, after] = [find(from, rename.from), find(to, rename.to)];
    if (before === undefined || after === undefined || find(from, rename.to) !== undefined) return [];
    return [{ from: before.name, to: after.name }];
  });
  return [...annotated, ...letters];
}

/** One statement that does nothing but rename. The server then tells what else has to change. */
export function renameStatement(table: string, renames: readonly RenamedColumn[]): string {
  return `ALTER TABLE ${quoteName(table)} ${renames.map(renameClause).join(', ')}`;
}

/**
 * The definition with the new names, for what the server does not rename by itself, since an expression or a constraint
 * looks at it. Partitions stay as they are: a statement that gives others tells all of them.
 */
export function renamedText(canonical: string, renames: readonly RenamedColumn[]): string {
  const { lines, options } = splitDefinition(canonical);
  const rename = (text: string): string =>
    withNames(text, (quoted) => {
      const found = renames.find(({ from }) => sameName(quoteName(from), quoted));
      return found === undefined ? quoted : quoteName(found.to);
    });
  const [head = '', ...items] = lines;
  // An index and a constraint have names of their own, and look at columns in a list.
  const renamed = items.map((item) => {
    if (item.startsWith('  `')) return rename(item);
    const open = listAt(item);
    const list = splitList(item.slice(open)).join(',');
    return `${item.slice(0, open)}(${rename(list)}${item.slice(open + 1 + list.length)}`;
  });
  return [head, ...renamed].join('\n') + options;
}

/** `differences`: from the definition with the new names. A renamed column that changes as well is renamed by CHANGE. */
export function withRenames(differences: readonly Difference[], renames: readonly RenamedColumn[]): Difference[] {
  const isOf = (difference: Difference, { to }: RenamedColumn): boolean =>
    difference.kind === 'change-column' && sameName(difference.from.name, to);
  return [
    ...renames
      .filter((rename) => !differences.some((difference) => isOf(difference, rename)))
      .map((rename) => ({ kind: 'rename-column' as const, clause: renameClause(rename), ...rename })),
    ...differences.map((difference) => {
      const rename = renames.find((each) => isOf(difference, each));
      if (rename === undefined || difference.kind !== 'change-column') return difference;
      const clause = difference.clause.replace('MODIFY COLUMN', () => `CHANGE COLUMN ${quoteName(rename.from)}`);
      return { ...difference, clause };
    }),
  ];
}

function renameClause({ from, to }: RenamedColumn): string {
  return `RENAME COLUMN ${quoteName(from)} TO ${quoteName(to)}`;
}
