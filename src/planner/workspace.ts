import { randomBytes } from 'node:crypto';
import { SternaError } from '../contract/index.js';
import { PLANNING_SETTINGS } from './live-tables.js';
import {
  canonicalDefinition,
  definingMode,
  type MysqlServer,
  quoteName,
  readDefinition,
  type Session,
} from '../mysql/index.js';

const PREFIX = '_sterna_ws_';
const SESSIONS = 4;
const LOCK_TRIES = 10;

/**
 * A scratch schema on the server, of the same version and settings as the real one: statements are executed
 * here and read back, and the server does the parsing (P4). Dropped at the end, whatever happens; one that a
 * killed planner left is dropped by a later one.
 */
export class Workspace implements AsyncDisposable {
  readonly #free: Session[] = [];
  readonly #waiting: ((session: Session) => void)[] = [];
  readonly #tableNames = new Set<string>();
  /** Opened when they are needed: most plans try one table. */
  readonly #sessions: Promise<Session>[] = [];
  /** Settles when the last use that has to be alone, so far, is over. */
  #alone: Promise<void> = Promise.resolve();

  private constructor(
    private readonly name: string,
    private readonly guard: Session,
    private readonly connect: () => Promise<Session>,
  ) {}

  /** `like` is the MySQL schema whose default charset and collation tables get that name none. */
  static async open(server: MysqlServer, like: string, signal: AbortSignal): Promise<Workspace> {
    const name = `${PREFIX}${Date.now()}_${randomBytes(4).toString('hex')}`;
    const guard = await server.connect({ settings: PLANNING_SETTINGS }); // removes what was made, abort or not
    try {
      await sweep(guard);
      const [defaults] = await guard.query<{ charset: string; collation: string; mode: string }>(
        'SELECT DEFAULT_CHARACTER_SET_NAME AS charset, DEFAULT_COLLATION_NAME AS collation, @@GLOBAL.sql_mode AS mode FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?',
        [like],
      );
      await guard.query('SELECT GET_LOCK(?, 0)', [name]);
      await create(guard, name, defaults);
      const settings = { ...PLANNING_SETTINGS, sql_mode: definingMode(defaults?.mode ?? ''), foreign_key_checks: 0 };
      return new Workspace(name, guard, () => server.connect({ namespace: name, settings, signal }));
    } catch (error) {
      await guard.execute(`DROP DATABASE IF EXISTS ${quoteName(name)}`).catch(() => undefined); // the first error is the one that counts
      await guard.close();
      throw error;
    }
  }

  /** Executes statements that begin with none or one table of that name, and reads it back; leaves nothing. */
  async result(table: string, statements: readonly string[], beside: readonly string[] = []): Promise<string> {
    return (await this.firstResult(table, statements.slice(0, -1), statements.slice(-1), beside)).result;
  }

  /**
   * Executes `before` and then the first of `alternatives` that the server does not refuse: one that it refuses leaves the
   * table as it was. Throws what the server says of the last one. `beside`: other tables that the statements make.
   */
  async firstResult(
    table: string,
    before: readonly string[],
    alternatives: readonly string[],
    beside: readonly string[] = [],
  ): Promise<{ readonly chosen: number; readonly result: string }> {
    // P6: tables that a foreign key ties would see each other, or not, as chance has it.
    const alone = [...before, ...alternatives].some((statement) => /\bREFERENCES\b/i.test(statement));
    const work = async (session: Session): Promise<{ chosen: number; result: string }> => {
      for (let tries = 1; ; tries += 1) {
        try {
          return await this.#execute(session, table, before, alternatives, beside);
        } catch (error) {
          // Foreign keys let one table's statements lock another's, which is being tried beside it.
          if (!(error instanceof SternaError) || error.code !== 'lock_not_granted' || tries >= LOCK_TRIES) throw error;
        }
      }
    };
    return alone ? this.#withAll(work, table) : this.#with(work, table);
  }

  /** Executes statements that make a table of that name, or none, and looks at it; leaves nothing. */
  async look<T>(table: string, statements: readonly string[], look: (session: Session) => Promise<T>): Promise<T> {
    return this.#with(async (session) => {
      try {
        for (const statement of statements) await session.execute(statement);
        return await look(session);
      } finally {
        await session.execute(`DROP TABLE IF EXISTS ${quoteName(table)}`);
      }
    }, table);
  }

  async #execute(
    session: Session,
    table: string,
    before: readonly string[],
    alternatives: readonly string[],
    beside: readonly string[],
  ): Promise<{ chosen: number; result: string }> {
    try {
      for (const statement of before) await session.execute(statement);
      const chosen = await firstAccepted(session, alternatives);
      const definition = await readDefinition(session, this.name, table);
      if (definition === null)
        throw new SternaError('internal', `Expected table ${table} after its statements, found none.`);
      return { chosen, result: canonicalDefinition(definition) };
    } finally {
      for (const name of [table, ...beside]) await session.execute(`DROP TABLE IF EXISTS ${quoteName(name)}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // One that did not open has nothing to close, and has told whoever asked for it.
    await Promise.allSettled(this.#sessions.map(async (session) => (await session).close()));
    try {
      await this.guard.execute(`DROP DATABASE IF EXISTS ${quoteName(this.name)}`);
    } finally {
      await this.guard.close();
    }
  }

  /** One session for one table at a time; two uses of one table wait for each other. */
  async #with<T>(work: (session: Session) => Promise<T>, table: string): Promise<T> {
    const session = await this.#take();
    try {
      return await this.#named(() => work(session), table);
    } finally {
      this.#give(session);
    }
  }

  /** Every session, so that no other table is there meanwhile. One such use gathers them at a time. */
  async #withAll<T>(work: (session: Session) => Promise<T>, table: string): Promise<T> {
    const before = this.#alone;
    let over = (): void => undefined;
    this.#alone = new Promise((resolve) => (over = resolve));
    await before;
    const first = await this.#take();
    const held = [first];
    try {
      while (held.length < SESSIONS) held.push(await this.#take());
      return await this.#named(() => work(first), table);
    } finally {
      for (const session of held) this.#give(session);
      over();
    }
  }

  #take(): Promise<Session> {
    const free = this.#free.pop();
    if (free !== undefined) return Promise.resolve(free);
    if (this.#sessions.length >= SESSIONS) return new Promise((resolve) => void this.#waiting.push(resolve));
    const session = this.connect();
    this.#sessions.push(session);
    return session;
  }

  #give(session: Session): void {
    const next = this.#waiting.shift();
    if (next) next(session);
    else this.#free.push(session);
  }

  async #named<T>(work: () => Promise<T>, table: string): Promise<T> {
    if (this.#tableNames.has(table))
      throw new SternaError('internal', `Expected one use of ${table} in the workspace at a time.`);
    this.#tableNames.add(table);
    try {
      return await work();
    } finally {
      this.#tableNames.delete(table);
    }
  }
}

async function firstAccepted(session: Session, alternatives: readonly string[]): Promise<number> {
  for (const [i, statement] of alternatives.entries()) {
    try {
      await session.execute(statement);
      return i;
    } catch (error) {
      if (i === alternatives.length - 1 || !isRefusal(error)) throw error;
    }
  }
  throw new SternaError('internal', 'Expected a statement to try, got none.');
}

/** For whatever reason: without an asserted algorithm, which is tried last, the server tells the real one. */
function isRefusal(error: unknown): boolean {
  return error instanceof SternaError && (error.code === 'instant_refused' || error.code === 'sql_error');
}

async function create(
  guard: Session,
  name: string,
  defaults: { charset: string; collation: string } | undefined,
): Promise<void> {
  const charset =
    defaults === undefined
      ? ''
      : ` CHARACTER SET ${quoteName(defaults.charset)} COLLATE ${quoteName(defaults.collation)}`;
  try {
    await guard.execute(`CREATE DATABASE ${quoteName(name)}${charset}`);
  } catch (error) {
    if (!(error instanceof SternaError) || error.code !== 'missing_privilege') throw error;
    throw new SternaError(
      'cannot_plan',
      'Expected to be allowed a scratch schema for planning, the server refuses. GRANT ALL ON `\\_sterna\\_ws\\_%`.* to the user of this target.',
      { cause: error },
    );
  }
}

/** Drops scratch schemas whose planner is gone: their lock is free, their tables are empty by construction. */
async function sweep(guard: Session): Promise<void> {
  for (const name of await listWorkspaces(guard)) {
    const [lock] = await guard.query<{ free: number }>('SELECT GET_LOCK(?, 0) AS free', [name]);
    if (lock?.free !== 1) continue;
    const [filled] = await guard.query<{ n: number }>(
      'SELECT COALESCE(SUM(TABLE_ROWS), 0) AS n FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?',
      [name],
    );
    if (Number(filled?.n) === 0) await guard.execute(`DROP DATABASE IF EXISTS ${quoteName(name)}`);
    await guard.query('SELECT RELEASE_LOCK(?)', [name]);
  }
}

/** Scratch schemas on the server, with and without a planner. */
export async function listWorkspaces(session: Session): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    "SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE '\\\\_sterna\\\\_ws\\\\_%'",
  );
  return rows.map(({ name }) => name).filter((name) => /^_sterna_ws_\d{13}_[0-9a-f]{8}$/.test(name));
}

/** No planner is at work in it. */
export async function isFree(session: Session, workspace: string): Promise<boolean> {
  const [lock] = await session.query<{ free: number | null }>('SELECT IS_FREE_LOCK(?) AS free', [workspace]);
  return lock?.free === 1;
}
