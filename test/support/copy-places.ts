import { stateTableName } from '../../src/engine/names.js';
import type { TestNamespace } from './namespace.js';

/** Threads of the connections that have a place for a copy on the server of a namespace now. */
export async function placeHolders(space: Pick<TestNamespace, 'query'>): Promise<string[]> {
  const rows = await space.query<{ id: string }>(
    `SELECT OWNER_THREAD_ID AS id FROM performance_schema.metadata_locks
      WHERE OBJECT_TYPE = 'USER LEVEL LOCK' AND LOCK_STATUS = 'GRANTED'
        AND OBJECT_NAME LIKE '\\\\_sterna\\\\_copy\\\\_%' AND OBJECT_NAME NOT LIKE '%turn%'`,
  );
  return rows.map(({ id }) => id);
}

/** ER_NO_SUCH_TABLE: its change has ended since it was listed. */
const GONE = 1146;

/**
 * Changes that copy or compare rows now on the server of a namespace, whether they have a place for it or not: their
 * driver is connected and follows the binlog, and their state table says that the rows are not compared yet.
 */
export async function copyingChanges(space: Pick<TestNamespace, 'query'>): Promise<string[]> {
  // The server keeps the stream of a process that is gone until it has something to send: that one has nothing else.
  const following = await space.query<{ id: string }>(
    `SELECT c.ATTR_VALUE AS id FROM performance_schema.session_connect_attrs c
       JOIN performance_schema.session_connect_attrs d
         ON d.PROCESSLIST_ID = c.PROCESSLIST_ID AND d.ATTR_NAME = 'sterna_driver'
       JOIN performance_schema.processlist p ON p.ID = c.PROCESSLIST_ID
      WHERE c.ATTR_NAME = 'sterna_change'
      GROUP BY c.ATTR_VALUE, d.ATTR_VALUE
     HAVING SUM(p.COMMAND LIKE 'Binlog Dump%') > 0 AND SUM(p.COMMAND NOT LIKE 'Binlog Dump%') > 0`,
  );
  const copying = await Promise.all(following.map(async ({ id }) => ((await copies(space, id)) ? [id] : [])));
  return copying.flat();
}

async function copies(space: Pick<TestNamespace, 'query'>, changeId: string): Promise<boolean> {
  const name = stateTableName(changeId);
  const tables = await space.query<{ namespace: string }>(
    'SELECT TABLE_SCHEMA AS namespace FROM information_schema.TABLES WHERE TABLE_NAME = ?',
    [name],
  );
  for (const { namespace } of tables) {
    try {
      const rows = await space.query(
        `SELECT 1 FROM \`${namespace}\`.\`${name}\` WHERE record->>'$.phase' IN ('copying', 'indexing', 'verifying')`,
      );
      if (rows.length > 0) return true;
    } catch (error) {
      if ((error as { errno?: number }).errno !== GONE) throw error;
    }
  }
  return false;
}
