import { type Reason, type RenamedColumn, sameName, sourceOf } from '../contract/index.js';
import { inUtf8mb4, keepsKeyValues, KEY_TYPES, ordersAlike } from '../mysql/index.js';
import { membersKeepTheirPlace, parseType } from './column-types.js';
import type { LiveTable } from './live-tables.js';
import type { ColumnItem, IndexItem, TableDefinition } from './table-definition.js';

/** Why a table cannot be copied online (P3); empty when it can. */
export function copyBlocks(
  live: LiveTable,
  from: TableDefinition,
  to: TableDefinition,
  renames: readonly RenamedColumn[],
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
  for (const column of to.columns) {
    const source = sourceOf(column.name, from.columns, renames);
    if (source?.nullable === true && column.autoIncrement)
      block(
        'null-becomes-id',
        `\`${column.name}\`: every null would become another id, which no comparison finds`,
        column.name,
      );
    if (source !== undefined && !membersKeepTheirPlace(source.type, column.type))
      block('enum-reorder', `\`${column.name}\`: members of an enum or set would change their place`, column.name);
  }
  return [...reasons, ...keyBlocks(from, to, renames)];
}

/** Rows are followed by the first key that can be; when none can, the first one says why. As the engine chooses it. */
function keyBlocks(from: TableDefinition, to: TableDefinition, renames: readonly RenamedColumn[]): Reason[] {
  const keys = trackableKeys(from);
  if (keys.length === 0) {
    return [
      {
        code: 'no-tracked-key',
        message:
          'the table has no primary key, nor a unique key over whole columns without nulls and of types whose values in the binlog lead back to their rows',
      },
    ];
  }
  const blocks = keys.map((key) => blocksOf(key, from, to, renames));
  return blocks.some((each) => each.length === 0) ? [] : (blocks[0] ?? []);
}

function blocksOf(
  key: IndexItem,
  from: TableDefinition,
  to: TableDefinition,
  renames: readonly RenamedColumn[],
): Reason[] {
  const reasons: Reason[] = [];
  const block = (message: string, column?: string): void =>
    void reasons.push({ code: 'tracked-key-changes', message, ...(column === undefined ? {} : { column }) });
  const names: string[] = [];
  for (const name of key.columns ?? []) {
    const a = columnOf(from, name);
    const b = to.columns.find((each) => sourceOf(each.name, from.columns, renames) === a);
    if (a === undefined || b === undefined) {
      block(`key column \`${name}\` goes away`, name);
      continue;
    }
    names.push(b.name);
    if (!keepsKeyValues(a.type, b.type)) block(`key column \`${name}\` changes from ${a.type} to ${b.type}`, name);
    else if (!ordersAlike(collationOf(a), collationOf(b)))
      block(
        `key column \`${name}\` changes its collation, by which its values are equal and in order${a.charset === 'utf8mb3' ? `; ${inUtf8mb4(collationOf(a) ?? '')} would be alike` : ''}`,
        name,
      );
    else if ((a.generated !== null || b.generated !== null) && (a.text !== b.text || renames.length > 0))
      block(`key column \`${name}\` is computed, and changes`, name);
  }
  if (reasons.length === 0 && !to.indexes.some((index) => leads(index, names)))
    block(
      `rows are followed by the key \`${key.name}\`, and the new definition has no index that begins with its columns; keep one (KEY (${names.map((name) => `\`${name}\``).join(', ')})), which can be dropped afterwards`,
    );
  return reasons;
}

/** With the name of that which `SHOW CREATE TABLE` leaves out as the default. */
function collationOf({ charset, collation }: ColumnItem): string | null {
  return charset === 'utf8mb3' && (collation === null || collation === 'utf8mb3 default')
    ? 'utf8mb3_general_ci'
    : (collation ?? charset);
}

/** Rows are found by these columns, in their order. */
function leads({ kind, invisible, columns }: IndexItem, names: readonly string[]): boolean {
  return (
    (kind === 'primary' || kind === 'unique' || kind === 'plain') &&
    !invisible &&
    columns !== null &&
    names.every((name, i) => sameName(columns[i] ?? '', name))
  );
}

/** The primary key and the unique keys by name, as far as rows can be followed by them. */
export function trackableKeys(table: TableDefinition): IndexItem[] {
  const usable = ({ kind, invisible, columns }: IndexItem): boolean =>
    (kind === 'primary' || kind === 'unique') &&
    !invisible &&
    columns !== null &&
    columns.every((name) => {
      const found = columnOf(table, name);
      return found !== undefined && !found.nullable && KEY_TYPES.has(parseType(found.type).name);
    });
  return table.indexes
    .filter(usable)
    .sort((a, b) => Number(b.kind === 'primary') - Number(a.kind === 'primary') || (a.name < b.name ? -1 : 1));
}

function columnOf(table: TableDefinition, name: string): ColumnItem | undefined {
  return table.columns.find((each) => sameName(each.name, name));
}
