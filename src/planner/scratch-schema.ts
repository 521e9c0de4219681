import { randomBytes } from 'node:crypto';
import { SternaError } from '../contract/index.js';
import { describeBlockers, quoteName, quoteTable, serverErrorNumber, type Session } from '../mysql/index.js';
import { differingSettings } from './canonical-forms.js';
import { LOCK_WAIT, openSession, type PlanningDependencies, type PlanningLog } from './planning.js';
import { missingOnScratch, readGrants, SCRATCH_GRANT, SCRATCH_PREFIX } from './server-conditions.js';

const NO_SUCH_TABLE = 1146;
const UNKNOWN_TABLE = 1051;
const REMOVE_TRIES = 3;
/** The server does not do it now. */
const NOT_NOW = ['lock_not_granted', 'missing_privilege', 'sql_error'];

type Dependencies = Pick<PlanningDependencies, 'server' | 'log'>;

/**
 * A schema of a planner's own. A user lock of its name, on a connection that lasts as long as the schema, says that a planner
 * is at work; one whose lock is free was left by a planner that was killed, and a later one drops it.
 */
export class ScratchSchema {
  /** The server's, which tables that are made here get their meaning from. */
  sqlMode = '';
  #mayExist = false;

  private constructor(
    readonly name: string,
    private readonly dependencies: Dependencies,
    private guard: Session,
  ) {}

  /**
   * `like` is the MySQL schema whose default charset and collation tables get that name none.
   *
   * @param model on the server that has it, where that is another one
   */
  static async create(dependencies: Dependencies, like: string, model?: Session): Promise<ScratchSchema> {
    const name = `${SCRATCH_PREFIX}${Date.now()}_${randomBytes(4).toString('hex')}`;
    // Without a signal: it removes what was made, abort or not.
    const schema = new ScratchSchema(name, dependencies, await openSession(dependencies.server));
    try {
      await schema.#create(like, model ?? schema.guard);
      return schema;
    } catch (error) {
      await schema.remove([]);
      throw error;
    }
  }

  async #create(like: string, model: Session): Promise<void> {
    if (model !== this.guard) await assertAlike(model, this.guard);
    const missing = missingOnScratch(await readGrants(this.guard));
    if (missing.length > 0) throw lacking(missing);
    await sweep(this.guard, this.dependencies.log);
    const [defaults] = await model.query<{ charset: string; collation: string; mode: string }>(
      'SELECT DEFAULT_CHARACTER_SET_NAME AS charset, DEFAULT_COLLATION_NAME AS collation, @@GLOBAL.sql_mode AS mode FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?',
      [like],
    );
    if (defaults === undefined)
      throw new SternaError(
        'namespace_unknown',
        `Expected schema ${like} on the server, found none: it was dropped, or what this user may do there was revoked. Plan again when it is back.`,
      );
    this.sqlMode = defaults.mode;
    const texts = ` CHARACTER SET ${quoteName(defaults.charset)} COLLATE ${quoteName(defaults.collation)}`;
    await this.guard.query('SELECT GET_LOCK(?, 0)', [this.name]);
    this.#mayExist = true;
    try {
      await this.guard.execute(`CREATE DATABASE ${quoteName(this.name)}${texts}`);
    } catch (error) {
      if (!(error instanceof SternaError)) throw error;
      this.#mayExist = !NOT_NOW.includes(error.code);
      if (error.code === 'missing_privilege') throw lacking(['CREATE'], error);
      throw error.code === 'lock_not_granted' ? await this.#waitsFor(error, this.guard) : error;
    }
    try {
      // A session keeps what it may do in its default schema, whatever is revoked later: it can still drop it.
      await this.guard.execute(`USE ${quoteName(this.name)}`);
    } catch (error) {
      throw await this.reasonOf(error);
    }
  }

  /** Throws when the lock was lost: another planner may have dropped the schema, and what was found since is no plan. */
  async confirm(): Promise<void> {
    try {
      const [lock] = await this.guard.query<{ held: number | null }>(
        'SELECT IS_USED_LOCK(?) = CONNECTION_ID() AS held',
        [this.name],
      );
      if (lock?.held === 1) return;
    } catch (error) {
      if (!(error instanceof SternaError) || error.code !== 'connection_lost') throw error;
    }
    throw new SternaError(
      'connection_lost',
      `Expected the connection that guards scratch schema ${this.name} to last as long as the plan, it broke. Plan again.`,
    );
  }

  /** The reason of an error of a statement in this schema, where it is none of the statement itself. */
  async reasonOf(error: unknown, session = this.guard, tables: readonly string[] = []): Promise<unknown> {
    if (!(error instanceof SternaError)) return error;
    switch (error.code) {
      case 'sql_error': {
        const number = serverErrorNumber(error);
        const isTableGone =
          (number === NO_SUCH_TABLE || number === UNKNOWN_TABLE) && error.message.includes(`'${this.name}.`);
        return isTableGone || !(await this.#isThere(session)) ? this.lost() : error;
      }
      case 'missing_privilege': {
        const missing = missingOnScratch(await readGrants(session));
        return missing.length > 0 ? lacking(missing, error) : error;
      }
      case 'lock_not_granted':
        return (await this.#isThere(session)) ? this.#waitsFor(error, session, tables) : this.lost();
      default:
        return error;
    }
  }

  async #waitsFor(cause: SternaError, session: Session, tables: readonly string[] = []): Promise<SternaError> {
    const own = tables.map((table) => ({ namespace: this.name, table }));
    const holders = await describeBlockers(session, own);
    return new SternaError(
      'lock_not_granted',
      `Expected to work in scratch schema ${this.name} within ${LOCK_WAIT.seconds} s, the server waits for ${holders}. Plan again when it is gone.`,
      { cause },
    );
  }

  lost(): SternaError {
    return new SternaError(
      'workspace_lost',
      `Expected scratch schema ${this.name} to stay as it is until the plan is made; somebody has dropped it, or a table of it. Plan again, and leave schemas of such names alone.`,
    );
  }

  /**
   * Drops it and lets the lock go, whatever stands in the way; never throws, since what the plan has come to counts. What
   * stays is dropped by a later planner.
   *
   * @param own threads of this planner that may still be at work in it: their client has given up
   */
  async remove(own: readonly number[]): Promise<void> {
    try {
      for (let tries = 1; this.#mayExist; tries += 1) {
        try {
          await this.guard.execute(`DROP DATABASE IF EXISTS ${quoteName(this.name)}`);
          this.#mayExist = false;
        } catch (error) {
          if (tries === REMOVE_TRIES) throw error;
          await this.#clearTheWay(error, own);
        }
      }
    } catch (error) {
      const { code = 'internal', message = '' } = error instanceof SternaError ? error : {};
      this.dependencies.log.warn(
        { schema: this.name, code, error: message },
        'a scratch schema could not be dropped; the next plan on this server drops it',
      );
    } finally {
      await this.guard.close();
    }
  }

  async #clearTheWay(error: unknown, own: readonly number[]): Promise<void> {
    if (!(error instanceof SternaError)) throw error;
    switch (error.code) {
      case 'interrupted':
        return;
      case 'connection_lost':
        await this.guard.close();
        this.guard = await openSession(this.dependencies.server);
        return;
      case 'lock_not_granted': {
        const threads = await this.guard.query<{ Id: number; db: string | null }>('SHOW PROCESSLIST');
        const stuck = threads.filter(({ Id, db }) => db === this.name && own.includes(Id));
        if (stuck.length === 0) throw error; // somebody else is in the way
        for (const { Id } of stuck) await this.dependencies.server.kill(Id, 'CONNECTION');
        return;
      }
      default:
        throw error;
    }
  }

  async #isThere(session: Session): Promise<boolean> {
    return (
      (await session.query('SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?', [this.name])).length > 0
    );
  }
}

/** What another server makes of a text is what this one would. */
async function assertAlike(model: Session, guard: Session): Promise<void> {
  const differing = await differingSettings(model, guard);
  if (differing.length === 0) return;
  throw new SternaError(
    'cannot_plan',
    `Expected the workspace server of this target to be like it, they differ in ${differing.join(', ')}. Make them alike, or leave the workspace out of the inventory.`,
  );
}

function lacking(privileges: readonly string[], cause?: SternaError): SternaError {
  return new SternaError(
    'cannot_plan',
    `Expected the user of this target to be allowed scratch schemas for planning, it lacks ${privileges.join(', ')} there. Run: ${SCRATCH_GRANT} TO <the user>.`,
    { cause },
  );
}

/** Drops what planners that were killed have left. One that cannot be dropped now is left to the next plan. */
async function sweep(guard: Session, log: PlanningLog): Promise<void> {
  for (const name of await listScratchSchemas(guard)) {
    const [lock] = await guard.query<{ free: number }>('SELECT GET_LOCK(?, 0) AS free', [name]);
    if (lock?.free !== 1) continue; // a planner is at work
    try {
      if (await holdsNothing(guard, name)) await guard.execute(`DROP DATABASE IF EXISTS ${quoteName(name)}`);
    } catch (error) {
      if (!(error instanceof SternaError) || !NOT_NOW.includes(error.code)) throw error;
      log.warn({ schema: name, code: error.code, error: error.message }, 'a scratch schema of another plan stays');
      return; // the next ones may wait for as long
    } finally {
      await guard.query('SELECT RELEASE_LOCK(?)', [name]);
    }
  }
}

/** Scratch schemas on the server, with and without a planner. */
export async function listScratchSchemas(session: Session): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    "SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE '\\\\_sterna\\\\_ws\\\\_%'",
  );
  return rows.map(({ name }) => name).filter((name) => /^_sterna_ws_\d{13}_[0-9a-f]{8}$/.test(name));
}

/** No planner is at work in it. */
export async function isFree(session: Session, schema: string): Promise<boolean> {
  const [lock] = await session.query<{ free: number | null }>('SELECT IS_FREE_LOCK(?) AS free', [schema]);
  return lock?.free === 1;
}

/** Nothing but empty tables, as planners make them. Rows are looked for in the tables: statistics may be a day old. */
export async function holdsNothing(session: Session, schema: string): Promise<boolean> {
  const tables = await session.query<{ name: string; type: string }>(
    'SELECT TABLE_NAME AS name, TABLE_TYPE AS type FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?',
    [schema],
  );
  const [others] = await session.query<{ n: number }>(
    `SELECT (SELECT COUNT(*) FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ?)
          + (SELECT COUNT(*) FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ?) AS n`,
    [schema, schema],
  );
  if (Number(others?.n) > 0) return false;
  for (const { name, type } of tables) if (type !== 'BASE TABLE' || (await hasRow(session, schema, name))) return false;
  return true;
}

async function hasRow(session: Session, schema: string, table: string): Promise<boolean> {
  try {
    return (await session.query(`SELECT 1 FROM ${quoteTable(schema, table)} LIMIT 1`)).length > 0;
  } catch (error) {
    if (serverErrorNumber(error) === NO_SUCH_TABLE) return false; // somebody else has swept it
    throw error;
  }
}
