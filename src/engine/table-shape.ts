import { type PlannedTask, sourceOf, SternaError } from '../contract/index.js';
import { keepsKeyValues, ordersAlike, type Session } from '../mysql/index.js';
import { type Column, type ColumnPair, pairColumns, pairStored, readColumns } from './columns.js';
import { chooseKey, identifying, type Index, readIndexes, stricterKeys } from './key.js';
import { shadowName } from './names.js';
import { TableRows } from './table-rows.js';

/** How the rows of a table go into its shadow. */
export interface TableShape {
  readonly rows: TableRows;
  readonly pairs: readonly ColumnPair[];
  readonly indexes: readonly Index[];
  /** Unique keys of the shadow that rows of the original may not fit. */
  readonly stricter: readonly Index[];
}

/** Reads from the server how the columns and keys of a table and of its shadow belong together. */
export async function readTableShape(session: Session, namespace: string, task: PlannedTask): Promise<TableShape> {
  const renames = task.renamedColumns ?? [];
  const original = await readColumns(session, namespace, task.table);
  const shadow = await readColumns(session, namespace, shadowName(task.table));
  const pairs = pairColumns(original, shadow, renames);
  const compared = [...pairs, ...pairStored(original, shadow, renames)];
  const nameInShadow = (column: string): string | undefined =>
    shadow.find((each) => {
      const source = sourceOf(each.name, original, renames);
      return source?.name === column && keepsValues(source, each, renames.length > 0);
    })?.name;
  const indexes = await readIndexes(session, namespace, task.table);
  const inShadow = await readIndexes(session, namespace, shadowName(task.table));
  const key = chooseKey(indexes, inShadow, nameInShadow);
  if (key === null)
    throw new SternaError(
      'plan_blocked',
      `Expected ${task.id} to have a primary key, or a unique key without nulls, that the new definition has an index for; found none.`,
    );
  const stricter = stricterKeys(indexes, inShadow, nameInShadow);
  const names = key.parts.map((part) => nameInShadow(part.name) ?? part.name);
  const ownIndex = stricter.length > 0 ? null : identifying(inShadow, names);
  const rows = new TableRows(task.id, namespace, task.table, key, pairs, compared, ownIndex);
  return { rows, pairs, indexes, stricter };
}

/** Whether a row can be found by this column on both sides, as the planner decides it. */
function keepsValues(original: Column, shadow: Column, renames: boolean): boolean {
  // A column that one side computes, and the other does not or otherwise, has other values there. With renames, one
  // expression may mean two things.
  if (original.generated?.expression !== shadow.generated?.expression) return false;
  if (original.generated !== null && renames) return false;
  return keepsKeyValues(original.columnType, shadow.columnType) && ordersAlike(original.collation, shadow.collation);
}
