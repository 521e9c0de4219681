import { type Reason, type RenamedColumn, sameName, sourceOf } from '../contract/index.js';
import type { TableDefinition } from './table-definition.js';

/** What a written statement does to columns has to be told exactly: their values are copied by it (P3). */
export function unclearColumns(
  from: TableDefinition,
  to: TableDefinition,
  renames: readonly RenamedColumn[],
  drops: readonly string[],
): Reason[] {
  const has = ({ columns }: TableDefinition, name: string): boolean =>
    columns.some((column) => sameName(column.name, name));
  return [
    ...renames
      .filter((each) => !has(from, each.from) || !has(to, each.to))
      .map((each) => ({
        code: 'renames-column',
        column: each.from,
        message: `renames \`${each.from}\` to \`${each.to}\`, which the definitions do not show; write the names in backticks`,
      })),
    // Rows are copied by the names of columns, and the values would stay.
    ...drops
      .filter((name) =>
        to.columns.some((column) => sameName(sourceOf(column.name, from.columns, renames)?.name ?? '', name)),
      )
      .map((column) => ({
        code: 'drops-and-adds',
        column,
        message: `drops \`${column}\` and adds another column of that name; do it in two changes`,
      })),
  ];
}
