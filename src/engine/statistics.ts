import { quoteName, quoteTable, serverHas, type Session } from '../mysql/index.js';
import type { Driver } from './driver.js';
import { patiently } from './long-statement.js';
import { shadowName } from './names.js';

/**
 * Gives a shadow what the optimizer knows of the original: fresh index statistics, and the histograms that somebody has
 * made. Those of columns that keep their type are taken over; the others are made anew. Not written to the binlog: every
 * server keeps statistics of its own. A histogram that cannot be made is worth a warning, and no more.
 */
export async function copyStatistics(driver: Driver, namespace: string, table: string): Promise<void> {
  await using session = await driver.session();
  const run = (sql: string): Promise<Answer[]> =>
    patiently(driver, session, (options) => session.query<Answer>(sql, [], options));
  const analyze = `ANALYZE NO_WRITE_TO_BINLOG TABLE ${quoteTable(namespace, shadowName(table))}`;
  await run(analyze);
  const takesData = await serverHas(session, 'histogramsFromData');
  for (const { name, histogram, buckets, same } of await readHistograms(session, namespace, table)) {
    const update = `${analyze} UPDATE HISTOGRAM ON ${quoteName(name)}`;
    const [answer] =
      Number(same) === 1 && takesData
        ? await session.query<Answer>(`${update} USING DATA ?`, [histogram])
        : await run(`${update} WITH ${Number(buckets)} BUCKETS`);
    if (answer?.Msg_type !== 'status')
      driver.context.log.warn(
        { namespace, table, column: name, told: answer?.Msg_text },
        'the histogram of a column was not copied',
      );
  }
}

interface Answer extends Record<string, unknown> {
  readonly Msg_type: string;
  readonly Msg_text: string;
}

function readHistograms(
  session: Session,
  namespace: string,
  table: string,
): Promise<{ name: string; histogram: string; buckets: number | string; same: number | string }[]> {
  return session.query(
    `SELECT s.COLUMN_NAME AS name, CAST(s.HISTOGRAM AS CHAR) AS histogram,
            JSON_EXTRACT(s.HISTOGRAM, '$."number-of-buckets-specified"') AS buckets,
            o.COLUMN_TYPE = n.COLUMN_TYPE AND o.COLLATION_NAME <=> n.COLLATION_NAME AS same
       FROM information_schema.COLUMN_STATISTICS s
       JOIN information_schema.COLUMNS o
         ON o.TABLE_SCHEMA = s.SCHEMA_NAME AND o.TABLE_NAME = s.TABLE_NAME AND o.COLUMN_NAME = s.COLUMN_NAME
       JOIN information_schema.COLUMNS n
         ON n.TABLE_SCHEMA = s.SCHEMA_NAME AND n.TABLE_NAME = ? AND n.COLUMN_NAME = s.COLUMN_NAME
      WHERE s.SCHEMA_NAME = ? AND s.TABLE_NAME = ?`,
    [shadowName(table), namespace, table],
  );
}
