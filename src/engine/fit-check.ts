import { SternaError } from '../contract/index.js';
import { misfitSql, quoteName, quoteTable, type Room, type Session } from '../mysql/index.js';
import { Chunker } from './chunker.js';
import { type Column, type ColumnPair, convertedText } from './columns.js';
import type { Driver } from './driver.js';
import { type Index, leads } from './key.js';
import { patiently } from './long-statement.js';
import type { TableShape } from './table-shape.js';
import { nextChunkRows, paceOf } from './volume.js';

/** The server sorts as many values without harm; above, the copy itself has to find duplicates, at no other cost. */
const GROUPED_ROWS = 2_000_000;
const FIRST_CHUNK_ROWS = 2_000;

/**
 * Looks for rows that the new definition has no room for, before anything is copied: duplicates of a new unique key,
 * nulls, and values that are too long or too large. Reads without locks and ends with a stop. What it does not know of,
 * and what changes later, the copy finds.
 */
export async function checkRowsFit(driver: Driver, shape: TableShape, estimatedRows: number): Promise<void> {
  const misfit = shape.pairs.flatMap((pair) => misfitCondition(pair) ?? []);
  const keys = shape.stricter.flatMap((index) => groupingOf(index, shape, estimatedRows) ?? []);
  if (misfit.length === 0 && keys.length === 0) return;
  await using session = await driver.session();
  if (misfit.length > 0) await findMisfit(driver, session, shape, misfit);
  for (const key of keys) await findDuplicate(driver, session, shape, key);
}

/** In chunks, so that no read view grows old. */
async function findMisfit(
  driver: Driver,
  session: Session,
  { rows }: TableShape,
  conditions: readonly Misfit[],
): Promise<void> {
  const chunker = new Chunker(session, rows, undefined);
  let size = FIRST_CHUNK_ROWS;
  while (!chunker.ended) {
    await driver.checkpoint();
    const range = await chunker.take(size);
    if (range === null) return;
    const started = performance.now();
    const found = await rows.firstWhere(session, range, `(${conditions.map(({ sql }) => sql).join(' OR ')})`);
    if (found !== undefined) {
      const which = await Promise.all(
        conditions.map(async (each) => ({
          ...each,
          holds: (await rows.firstWhere(session, { from: found }, each.sql))?.join() === found.join(),
        })),
      );
      throw new SternaError(
        'row_does_not_fit',
        `Expected every row of ${rows.id} to fit the new definition; in ${rows.describe(found)} ${
          which
            .filter(({ holds }) => holds)
            .map(({ told }) => told)
            .join(', and ') || 'a value does not'
        }. The original is untouched. Correct the rows or the definition, then plan again.`,
      );
    }
    const pace = paceOf(driver.control.volume);
    size = nextChunkRows(size, performance.now() - started, { ...pace, chunkRows: 5 * pace.chunkRows });
    if (pace.pauseMs > 0) await driver.pause(pace.pauseMs);
  }
}

interface Misfit {
  /** True of a value that surely does not fit; any doubt is left to the copy. */
  readonly sql: string;
  readonly told: string;
}

function misfitCondition({ original, shadow }: ColumnPair): Misfit[] | undefined {
  const column = quoteName(original.name);
  const found: Misfit[] = [];
  if (original.nullable && !shadow.nullable)
    found.push({ sql: `${column} IS NULL`, told: `${column} is null, and ${quoteName(shadow.name)} may not be` });
  const sql = misfitSql(column, roomOf(original), roomOf(shadow));
  if (sql !== undefined) found.push({ sql, told: `${column} does not fit ${shadow.columnType}` });
  return found.length === 0 ? undefined : found;
}

function roomOf({ columnType, charset }: Column): Room {
  return { type: columnType, charset };
}

interface Grouping {
  readonly name: string;
  readonly values: readonly string[];
}

/** The values of a new unique key as SQL over the original, or undefined where that is not simple or would cost too much. */
function groupingOf(index: Index, { pairs, indexes }: TableShape, estimatedRows: number): Grouping | undefined {
  const values: string[] = [];
  const names: string[] = [];
  let asTheyAre = true;
  for (const { column, prefix } of index.parts) {
    const pair = pairs.find((each) => each.shadow.name === column);
    if (pair === undefined) return undefined; // computed, or new
    const { original, shadow } = pair;
    const name = quoteName(original.name);
    const isSame = original.columnType === shadow.columnType && original.collation === shadow.collation;
    const value = isSame ? name : shadow.charset === null ? undefined : convertedText(name, shadow);
    if (value === undefined) return undefined;
    values.push(prefix === null ? value : `LEFT(${value}, ${prefix})`);
    names.push(original.name);
    asTheyAre &&= isSame && prefix === null;
  }
  // By an index, the server reads the values in order and sorts nothing.
  const sorted = asTheyAre && indexes.some((each) => leads(each, names));
  return sorted || estimatedRows <= GROUPED_ROWS ? { name: index.name, values } : undefined;
}

async function findDuplicate(
  driver: Driver,
  session: Session,
  { rows }: TableShape,
  { name, values }: Grouping,
): Promise<void> {
  const columns = values.map((value, i) => `${value} AS v${i}`).join(', ');
  const [first] = await patiently(driver, session, (options) =>
    session.query<Record<string, unknown> & { n: number | string }>(
      `SELECT ${columns}, COUNT(*) AS n FROM ${quoteTable(rows.namespace, rows.table)}
        WHERE ${values.map((value) => `${value} IS NOT NULL`).join(' AND ')}
        GROUP BY ${values.map((_, i) => i + 1).join(', ')} HAVING COUNT(*) > 1 LIMIT 1`,
      [],
      options,
    ),
  );
  if (first === undefined) return;
  const shown = values.map((_, i) => showValue(first[`v${i}`])).join('-');
  throw new SternaError(
    'row_does_not_fit',
    `Expected every row of ${rows.id} to fit the unique keys of the new definition; ${Number(first.n)} rows have '${shown}' for key ${quoteName(name)} (Duplicate entry). The original is untouched. Correct the rows or the definition, then plan again.`,
  );
}

function showValue(value: unknown): string {
  return Buffer.isBuffer(value) ? `0x${value.toString('hex')}` : String(value).slice(0, 64);
}
