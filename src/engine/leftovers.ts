import { SternaError } from '../contract/index.js';
import type { Session } from '../mysql/index.js';
import { heldBy } from './change-hold.js';
import { findStates, type FoundState } from './found-states.js';
import { oldName, shadowName } from './names.js';

/** A table whose name says that a change made it; the name alone proves nothing. */
export interface LeftoverTable {
  readonly namespace: string;
  readonly name: string;
  readonly kind: 'shadow' | 'old' | 'dropped';
}

/** A change that has something on the server. */
export interface FoundChange extends FoundState {
  /** Connections of its drivers, as far as this user may see them. */
  readonly drivers: readonly number[];
  /** Connection of the process that drives it without a workflow. */
  readonly heldBy: number | null;
}

/** What changes have left on a server, or have at work there. */
export interface Leftovers {
  readonly changes: readonly FoundChange[];
  /** Those that belong to none of the changes. */
  readonly tables: readonly LeftoverTable[];
}

const KINDS: readonly (readonly [LeftoverTable['kind'], RegExp])[] = [
  ['shadow', /^_.+_sterna_new$/],
  ['old', /^_.+_sterna_old$/],
  ['dropped', /^_.+_sterna_dropped_/],
];

/** What changes have left, or have at work, in these MySQL schemas. Changes nothing. */
export async function findLeftovers(session: Session, schemas: readonly string[]): Promise<Leftovers> {
  if (schemas.length === 0) return { changes: [], tables: [] };
  // The tables first: a change that ends in between has none that would pass for nobody's.
  const tables = await tablesLike(session, schemas);
  const states = await findStates(session);
  const owned = new Set(
    states.flatMap(({ change }) =>
      (change?.records ?? []).flatMap(({ namespace, table }) =>
        [shadowName(table), oldName(table)].map((name) => key(namespace, name)),
      ),
    ),
  );
  const changes: FoundChange[] = [];
  for (const state of states.filter(({ namespace }) => schemas.includes(namespace))) {
    const id = state.change?.id;
    changes.push({
      ...state,
      drivers: id === undefined ? [] : await driversOf(session, id),
      heldBy: id === undefined ? null : await heldBy(session, id),
    });
  }
  const still = new Set((await tablesLike(session, schemas)).map(({ namespace, name }) => key(namespace, name)));
  return {
    changes,
    tables: tables.filter(({ namespace, name }) => !owned.has(key(namespace, name)) && still.has(key(namespace, name))),
  };
}

async function tablesLike(session: Session, schemas: readonly string[]): Promise<LeftoverTable[]> {
  const rows = await session.query<{ namespace: string; name: string }>(
    `SELECT TABLE_SCHEMA AS namespace, TABLE_NAME AS name FROM information_schema.TABLES
      WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_NAME LIKE '\\\\_%\\\\_sterna\\\\_%' AND TABLE_SCHEMA IN (${schemas.map(() => '?').join(', ')})
      ORDER BY TABLE_SCHEMA, TABLE_NAME`,
    schemas,
  );
  return rows.flatMap(({ namespace, name }) => {
    const kind = KINDS.find(([, pattern]) => pattern.test(name))?.[0];
    return kind === undefined ? [] : [{ namespace, name, kind }];
  });
}

/** Without their streams, which the server keeps until it has something to send to a process that is gone. */
async function driversOf(session: Session, changeId: string): Promise<number[]> {
  const connections = async (table: string): Promise<number[]> => {
    const rows = await session.query<{ id: number }>(
      `SELECT c.PROCESSLIST_ID AS id FROM performance_schema.${table} c
         LEFT JOIN performance_schema.processlist p ON p.ID = c.PROCESSLIST_ID
        WHERE c.ATTR_NAME = 'sterna_change' AND c.ATTR_VALUE = ? AND COALESCE(p.COMMAND, '') NOT LIKE 'Binlog Dump%' ORDER BY id`,
      [changeId.slice(0, 250)],
    );
    return rows.map(({ id }) => id);
  };
  try {
    return await connections('session_connect_attrs');
  } catch (error) {
    if (!(error instanceof SternaError) || error.code !== 'missing_privilege') throw error;
    return connections('session_account_connect_attrs'); // of its own user, which anybody may see
  }
}

function key(namespace: string, name: string): string {
  return JSON.stringify([namespace, name]);
}
