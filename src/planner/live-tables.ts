import { SternaError } from '../contract/index.js';
import {
  canonicalDefinition,
  describeBlockers,
  type MysqlServer,
  quoteTable,
  readDefinition,
  serverErrorNumber,
  type Session,
} from '../mysql/index.js';
import { LOCK_WAIT, openSession } from './planning.js';
import { unreadable } from './server-conditions.js';
import { settled } from './settled.js';

/** A table as it is on the target, with what the verdicts need. */
export interface LiveTable {
  readonly name: string;
  readonly canonical: string;
  readonly engine: string;
  /** Server statistics. */
  readonly rows: number;
  readonly bytes: number;
  readonly triggers: number;
  /** Foreign keys of other tables that point here. */
  readonly referencedBy: readonly string[];
}

const SESSIONS = 4;
const NO_SUCH_TABLE = 1146;
/** Sterna's own tables and scratch schemas do not exist for a plan. */
const OWN_TABLE = /^_.*sterna_/;

export async function assertNamespace(session: Session, physical: string, namespace: string): Promise<void> {
  const rows = await session.query('SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?', [physical]);
  if (rows.length === 0) {
    throw new SternaError(
      'namespace_unknown',
      `Expected namespace ${namespace} on the server${physical === namespace ? '' : ` (schema ${physical})`}, found none that its user may see. Create the schema first, correct the name, or grant the user what it needs there (\`sterna doctor\` says what).`,
    );
  }
}

/** Base tables of a schema, by name; `wanted` narrows them down. */
export async function readLiveTables(
  server: MysqlServer,
  physical: string,
  wanted: (name: string) => boolean,
  signal: AbortSignal,
): Promise<LiveTable[]> {
  const connect = (): Promise<Session> =>
    openSession(server, { settings: { information_schema_stats_expiry: 0 }, signal });
  const sessions: Session[] = [];
  try {
    const first = await connect();
    sessions.push(first);
    const facts = await first.query<{
      name: string;
      engine: string | null;
      rowCount: number | string;
      bytes: number | string;
    }>(
      `SELECT TABLE_NAME AS name, ENGINE AS engine, COALESCE(TABLE_ROWS, 0) AS rowCount, COALESCE(DATA_LENGTH + INDEX_LENGTH, 0) AS bytes
         FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_TYPE = 'BASE TABLE' ORDER BY TABLE_NAME`,
      [physical],
    );
    const triggers = countBy(
      await first.query<{ name: string }>(
        'SELECT EVENT_OBJECT_TABLE AS name FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = ?',
        [physical],
      ),
    );
    const references = await first.query<{ name: string; child: string }>(
      "SELECT REFERENCED_TABLE_NAME AS name, CONCAT(CONSTRAINT_SCHEMA, '.', TABLE_NAME) AS child FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE UNIQUE_CONSTRAINT_SCHEMA = ?",
      [physical],
    );
    const chosen = facts.filter(({ name }) => !OWN_TABLE.test(name) && wanted(name));
    const more = Math.min(SESSIONS, chosen.length) - 1;
    await settled(Array.from({ length: Math.max(more, 0) }, async () => sessions.push(await connect())));
    const tables = new Map<string, LiveTable>();
    const queue = [...chosen];
    const read = async (session: Session): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const { name, engine, rowCount, bytes } = next;
        const definition = await readingLive(session, physical, name, () => readDefinition(session, physical, name));
        if (definition === null) continue; // dropped in the meantime
        tables.set(name, {
          name,
          canonical: canonicalDefinition(definition),
          engine: engine ?? '',
          rows: Number(rowCount),
          bytes: Number(bytes),
          triggers: triggers.get(name) ?? 0,
          referencedBy: references.filter((reference) => reference.name === name).map(({ child }) => child),
        });
      }
    };
    const failed = (error: unknown): never => {
      queue.length = 0; // the others need not go on
      throw error;
    };
    await settled(sessions.map((session) => read(session).catch(failed)));
    return chosen.flatMap(({ name }) => tables.get(name) ?? []);
  } finally {
    await Promise.all(sessions.map((session) => session.close()));
  }
}

export async function isEmpty(session: Session, physical: string, table: string): Promise<boolean> {
  const rows = await readingLive(session, physical, table, () =>
    session.query(`SELECT 1 FROM ${quoteTable(physical, table)} LIMIT 1`),
  );
  return rows.length === 0;
}

/** Says of a table that cannot be read what to do about it. */
export async function readingLive<T>(
  session: Session,
  physical: string,
  table: string,
  read: () => Promise<T>,
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof SternaError)) throw error;
    const expected = `Expected to read table ${physical}.${table}`;
    if (error.code === 'missing_privilege') throw unreadable(physical, error);
    if (error.code === 'lock_not_granted') {
      const holders = await describeBlockers(session, [{ namespace: physical, table }]);
      throw new SternaError(
        'lock_not_granted',
        `${expected} within ${LOCK_WAIT.seconds} s, the server waits for ${holders}. Plan again when it is gone.`,
        { cause: error },
      );
    }
    if (serverErrorNumber(error) === NO_SUCH_TABLE)
      throw new SternaError('drifted', `${expected}, somebody has dropped or renamed it just now. Plan again.`, {
        cause: error,
      });
    throw error;
  }
}

function countBy(rows: readonly { readonly name: string }[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { name } of rows) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
