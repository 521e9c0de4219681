import { type Reason, type RenamedColumn, sameName, sourceOf } from '../contract/index.js';
import { misfitSql, quoteName, quoteTable, serverErrorNumber, type Session } from '../mysql/index.js';
import type { LiveTable } from './live-tables.js';
import type { ColumnItem, TableDefinition } from './table-definition.js';

/** Larger tables are not read for a plan. */
const MOST_ROWS = 200_000;
const MOST_BYTES = 128 * 1024 * 1024;
const MOST_MS = 1_000;
const ER_QUERY_TIMEOUT = 3024;

/** Tells beside each reason how many rows it is about, where the table is small enough for counting them. */
export async function withTouchedRows(
  session: Session,
  physical: string,
  live: LiveTable,
  from: TableDefinition,
  to: TableDefinition,
  renames: readonly RenamedColumn[],
  reasons: readonly Reason[],
): Promise<Reason[]> {
  if (live.rows > MOST_ROWS || live.bytes > MOST_BYTES) return [...reasons];
  const counted = reasons.map((reason) => ({ reason, touched: touchedBy(reason, from, to, renames) }));
  const conditions = counted.flatMap(({ touched }) => touched?.sql ?? []);
  if (conditions.length === 0) return [...reasons];
  const counts = await count(session, quoteTable(physical, live.name), conditions);
  if (counts === undefined) return [...reasons];
  const [rows = 0, ...touchedRows] = counts;
  return counted.map(({ reason, touched }) => {
    if (touched === undefined) return reason;
    return { ...reason, message: `${reason.message}: ${touchedRows.shift() ?? 0} of ${rows} rows ${touched.verb}` };
  });
}

interface Touched {
  readonly sql: string;
  readonly verb: string;
}

function touchedBy(
  { code, column = '' }: Reason,
  from: TableDefinition,
  to: TableDefinition,
  renames: readonly RenamedColumn[],
): Touched | undefined {
  const named = ({ columns }: TableDefinition): ColumnItem | undefined =>
    columns.find(({ name }) => sameName(name, column));
  const before = code === 'drops-column' ? named(from) : sourceOf(column, from.columns, renames);
  const after = named(to);
  if (before === undefined) return undefined;
  const value = quoteName(before.name);
  const misfit = after === undefined ? undefined : misfitSql(value, before, after);
  switch (code) {
    case 'drops-column':
    case 'computes-column':
      return { sql: `${value} IS NOT NULL`, verb: 'have a value' };
    case 'adds-not-null':
      return { sql: `${value} IS NULL`, verb: 'have none' };
    case 'narrows-type':
      return misfit === undefined
        ? { sql: `${value} IS NOT NULL`, verb: 'have a value' }
        : { sql: misfit, verb: 'do not fit' };
    case 'converts-charset':
      return {
        sql: `CONVERT(CONVERT(${value} USING ${after?.charset}) USING utf8mb4) <> CONVERT(${value} USING utf8mb4)`,
        verb: 'do not fit',
      };
    default:
      return undefined;
  }
}

/** All rows, and those of each condition; undefined when it takes too long. */
async function count(session: Session, table: string, conditions: readonly string[]): Promise<number[] | undefined> {
  const sums = conditions.map((sql, i) => `COALESCE(SUM(${sql}), 0) AS c${i}`).join(', ');
  try {
    const [row = {}] = await session.query<Record<string, number | string>>(
      `SELECT /*+ MAX_EXECUTION_TIME(${MOST_MS}) */ COUNT(*) AS n, ${sums} FROM ${table}`,
    );
    return Object.values(row).map(Number);
  } catch (error) {
    if (serverErrorNumber(error) === ER_QUERY_TIMEOUT) return undefined;
    throw error;
  }
}
