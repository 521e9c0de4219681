import { serverErrorNumber } from './server-error.js';
import type { Session } from './session.js';

const TABLE_ACCESS_DENIED = 1142;

/** Who holds a lock on these tables or on the whole server, as text for the status: `connection 42 (Sleep, 120 s)`. */
export async function describeBlockers(
  session: Session,
  tables: readonly { readonly namespace: string; readonly table: string }[],
): Promise<string> {
  const isOne = tables.map(() => '(m.OBJECT_SCHEMA = ? AND m.OBJECT_NAME = ?)').join(' OR ') || 'FALSE';
  try {
    const rows = await session.query<{ id: number; command: string; seconds: number; what: string }>(
      `SELECT DISTINCT t.PROCESSLIST_ID AS id, t.PROCESSLIST_COMMAND AS command, t.PROCESSLIST_TIME AS seconds,
              CASE m.OBJECT_TYPE WHEN 'TABLE' THEN '' WHEN 'GLOBAL' THEN ', global read lock' ELSE ', backup lock' END AS what
         FROM performance_schema.metadata_locks m JOIN performance_schema.threads t ON t.THREAD_ID = m.OWNER_THREAD_ID
        WHERE m.LOCK_STATUS = 'GRANTED' AND t.PROCESSLIST_ID <> CONNECTION_ID()
          AND (m.OBJECT_TYPE IN ('GLOBAL', 'BACKUP LOCK') AND m.LOCK_TYPE = 'SHARED'
            OR m.OBJECT_TYPE = 'TABLE' AND (${isOne}))
        ORDER BY what DESC, t.PROCESSLIST_TIME DESC LIMIT 5`,
      tables.flatMap(({ namespace, table }) => [namespace, table]),
    );
    if (rows.length === 0) return 'a lock; its holder has gone in the meantime';
    return `a lock held by ${rows.map((row) => `connection ${row.id} (${row.command}, ${row.seconds} s${row.what})`).join(', ')}`;
  } catch (error) {
    if (serverErrorNumber(error) !== TABLE_ACCESS_DENIED) throw error;
    return 'a lock; who holds it can be named after GRANT SELECT ON performance_schema.*';
  }
}
