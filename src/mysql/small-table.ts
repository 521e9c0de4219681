import type { DirectLimits } from '../contract/index.js';
import { quoteTable } from './identifiers.js';
import type { Session } from './session.js';

/** Whether a table is under every limit that is set, and one is. Rows are counted, no further than their limit. */
export async function isBelow(
  session: Session,
  schema: string,
  table: string,
  { rows, bytes }: DirectLimits,
): Promise<boolean> {
  if (rows === undefined && bytes === undefined) return false;
  if (bytes !== undefined) {
    const [size] = await session.query<{ bytes: number | string | null }>(
      `SELECT /*+ SET_VAR(information_schema_stats_expiry = 0) */ DATA_LENGTH + INDEX_LENGTH AS bytes
         FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?`,
      [schema, table],
    );
    if (Number(size?.bytes ?? Infinity) >= bytes) return false;
  }
  if (rows === undefined) return true;
  const [found] = await session.query<{ n: number | string }>(
    `SELECT COUNT(*) AS n FROM (SELECT 1 FROM ${quoteTable(schema, table)} LIMIT ${rows}) AS few`,
  );
  return Number(found?.n) < rows;
}
