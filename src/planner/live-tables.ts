import { canonicalDefinition, type MysqlServer, quoteTable, readDefinition, type Session } from '../mysql/index.js';
import { SternaError } from '../contract/index.js';

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
/** A plan is made again rather than wait behind somebody's lock. */
export const PLANNING_SETTINGS = { lock_wait_timeout: 5 } as const;
/** Sterna's own tables and scratch schemas do not exist for a plan. */
const OWN_TABLE = /^_.*sterna_/;

export async function assertNamespace(session: Session, physical: string, namespace: string): Promise<void> {
  const rows = await session.query('SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?', [physical]);
  if (rows.length === 0) {
    throw new SternaError(
      'namespace_unknown',
      `Expected namespace ${namespace} on the server${physical === namespace ? '' : ` (schema ${physical})`}, found none. Create the schema first or correct the name.`,
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
  const settings = { ...PLANNING_SETTINGS, information_schema_stats_expiry: 0 };
  const sessions: Session[] = [];
  try {
    const first = await server.connect({ settings, signal });
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
    await allOpened(
      sessions,
      Array.from({ length: Math.max(more, 0) }, () => server.connect({ settings, signal })),
    );
    const tables = new Map<string, LiveTable>();
    const queue = [...chosen];
    await Promise.all(
      sessions.map(async (session) => {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
          const definition = await readDefinition(session, physical, next.name);
          if (definition === null) continue; // dropped in the meantime
          tables.set(next.name, {
            name: next.name,
            canonical: canonicalDefinition(definition),
            engine: next.engine ?? '',
            rows: Number(next.rowCount),
            bytes: Number(next.bytes),
            triggers: triggers.get(next.name) ?? 0,
            referencedBy: references.filter(({ name }) => name === next.name).map(({ child }) => child),
          });
        }
      }),
    );
    return chosen.flatMap(({ name }) => tables.get(name) ?? []);
  } finally {
    await Promise.all(sessions.map((session) => session.close()));
  }
}

/** Adds what opened to `sessions`, whose owner closes them, before it throws for one that did not. */
async function allOpened(sessions: Session[], opening: readonly Promise<Session>[]): Promise<void> {
  const results = await Promise.allSettled(opening);
  for (const result of results) if (result.status === 'fulfilled') sessions.push(result.value);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

export async function isEmpty(session: Session, physical: string, table: string): Promise<boolean> {
  return (await session.query(`SELECT 1 FROM ${quoteTable(physical, table)} LIMIT 1`)).length === 0;
}

function countBy(rows: readonly { readonly name: string }[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { name } of rows) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
