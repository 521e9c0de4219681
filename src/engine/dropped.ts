import { isPast, parseDroppedName, SternaError } from '../contract/index.js';
import { type MysqlServer, quoteTable, type Session } from '../mysql/index.js';
import type { Driver } from './driver.js';

const LOCK_WAIT_SECONDS = 2;

/** Names of the tables of a schema that wait under another name for their end, the longest kept last. */
async function readDropped(session: Session, namespace: string): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    'SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME LIKE ?',
    [namespace, '\\_%\\_sterna\\_dropped\\_%'],
  );
  const found = rows.flatMap(({ name }) => {
    const parsed = parseDroppedName(name);
    return parsed === null ? [] : [{ name, until: parsed.until }];
  });
  return found.sort((a, b) => (a.until < b.until ? -1 : 1)).map(({ name }) => name);
}

/** Drops what has been kept long enough. One that somebody still uses is left to the next change of this target. */
export async function sweepDropped(driver: Driver, session: Session, namespaces: ReadonlySet<string>): Promise<void> {
  for (const namespace of namespaces) {
    for (const name of await readDropped(session, namespace)) {
      if (!isPast(parseDroppedName(name)?.until ?? '', Date.now())) continue;
      driver.context.alive();
      try {
        await driver.runDdl(session, `DROP TABLE IF EXISTS ${quoteTable(namespace, name)}`);
      } catch (error) {
        if (!(error instanceof SternaError) || error.code !== 'lock_not_granted') throw error;
        driver.context.log.warn({ table: name }, 'a dropped table that was kept long enough is in use; it stays');
      }
    }
  }
}

/** Brings dropped tables back while they are kept. */
export class DroppedTables {
  constructor(
    private readonly server: MysqlServer,
    private readonly physical: (namespace: string) => string,
  ) {}

  /** Of several of that name, the one that was dropped last. */
  async find(namespace: string, table: string): Promise<string | null> {
    await using session = await this.server.connect();
    const names = await readDropped(session, this.physical(namespace));
    return names.filter((name) => parseDroppedName(name)?.table === table).at(-1) ?? null;
  }

  /** May be run again: the name that is gone tells that it was done (E5). */
  async restore(namespace: string, table: string, dropped: string): Promise<void> {
    const schema = this.physical(namespace);
    await using session = await this.server.connect({ settings: { lock_wait_timeout: LOCK_WAIT_SECONDS } });
    const rows = await session.query<{ name: string }>(
      'SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME IN (?, ?)',
      [schema, table, dropped],
    );
    const has = (name: string): boolean => rows.some((row) => row.name === name);
    if (!has(dropped) && has(table)) return;
    if (has(table) || !has(dropped))
      throw new SternaError(
        'undrop_refused',
        has(table)
          ? `Expected the name ${table} to be free in ${namespace}, found a table. Rename that one first; the dropped one stays as ${dropped}.`
          : `Expected ${dropped} in ${namespace}, found none: it has been removed.`,
      );
    await session.execute(`RENAME TABLE ${quoteTable(schema, dropped)} TO ${quoteTable(schema, table)}`);
  }
}
