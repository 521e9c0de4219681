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
