import { type LintFinding, type RenamedColumn, sameName } from '../contract/index.js';
import { quoteName } from '../mysql/index.js';
import type { Difference } from './diff.js';
import { scanSql } from './sql-scanner.js';
import type { ColumnItem, TableDefinition } from './table-definition.js';

const ANNOTATION = /^[ \t]*-- sterna:renamed from=(.+?)[ \t\r]*$/gm;

/** `-- sterna:renamed from=old_name` on a line of its own, and the column below it. Calls `fail` where none is. */
export function annotatedRenames(sql: string, fail: (offset: number, expected: string) => Error): RenamedColumn[] {
  const { tokens } = scanSql(sql);
  return [...sql.matchAll(ANNOTATION)].flatMap(({ index, 1: written = '' }) => {
    const next = tokens.findIndex(({ offset }) => offset > index);
    const before = tokens[next < 0 ? tokens.length - 1 : next - 1];
    if (before !== undefined && before.offset + before.value.length > index) return []; // a line of a text
    const column = tokens[next];
    if (
      column === undefined ||
      (column.kind !== 'name' && column.kind !== 'word') ||
      !/^[(,]$/.test(before?.value ?? '')
    )
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

/** A dropped and an added column of one type at one place: the values are lost, which may not be meant. */
export function possibleRenames(from: TableDefinition, to: TableDefinition): LintFinding[] {
  const has = ({ columns }: TableDefinition, name: string): boolean =>
    columns.some((column) => sameName(column.name, name));
  return from.columns.flatMap((gone, i): LintFinding[] => {
    const added = to.columns[i];
    if (added === undefined || has(to, gone.name) || has(from, added.name)) return [];
    if (gone.type !== added.type || gone.generated !== null || added.generated !== null) return [];
    const message = `drops \`${gone.name}\` and adds \`${added.name}\` at its place; if it is the same column under another name, write "-- sterna:renamed from=${gone.name}" on a line above it, and its values stay`;
    return [{ rule: 'possible-rename', severity: 'warning', column: gone.name, message }];
  });
}
