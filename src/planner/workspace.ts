import { SternaError } from '../contract/index.js';
import {
  canonicalDefinition,
  definingMode,
  quoteName,
  readDefinition,
  serverErrorNumber,
  type Session,
} from '../mysql/index.js';
import { openSession, type PlanningDependencies } from './planning.js';
import { ScratchSchema } from './scratch-schema.js';
import { SessionPool } from './session-pool.js';

const SESSIONS = 4;
const DEADLOCK_TRIES = 10;
const DEADLOCK = 1213;

interface Accepted {
  /** Index of the alternative. */
  readonly chosen: number;
  readonly result: string;
}

/**
 * A scratch schema on the server, of the same version and settings as the real one: statements are executed
 * here and read back, and the server does the parsing (P4). Whoever uses it awaits every use before it is disposed of.
 */
export class Workspace implements AsyncDisposable {
  readonly #tableNames = new Set<string>();
  /** Tables that stay until the schema goes, by their name in lower case, as a server may compare it. */
  readonly #kept = new Map<string, Set<string>>();
  /** Settles when the last use that has to be alone, so far, is over. */
  #alone: Promise<void> = Promise.resolve();

  private constructor(
    private readonly schema: ScratchSchema,
    private readonly sessions: SessionPool,
  ) {}

  /**
   * @param like the MySQL schema whose default charset and collation tables get that name none
   * @param signal ends the statements; what was made is removed all the same
   */
  static async open(
    { server: target, workspace, log }: Pick<PlanningDependencies, 'server' | 'workspace' | 'log'>,
    like: string,
    signal: AbortSignal,
  ): Promise<Workspace> {
    const server = workspace ?? target;
    await using model = workspace === undefined ? undefined : await openSession(target, { signal });
    const schema = await ScratchSchema.create({ server, log }, like, model);
    const { name, sqlMode } = schema;
    const settings = { sql_mode: definingMode(sqlMode), foreign_key_checks: 0 };
    const connect = async (): Promise<Session> => {
      try {
        return await openSession(server, { namespace: name, settings, signal });
      } catch (error) {
        const reason = await schema.reasonOf(error);
        if (!isRefusal(reason)) throw reason;
        throw new SternaError('server_unreachable', reason.message, { cause: error }); // and no verdict on a table
      }
    };
    return new Workspace(schema, new SessionPool(connect, SESSIONS));
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
  ): Promise<Accepted> {
    return this.#firstResult([table, ...beside], before, alternatives);
  }

  /** What the server makes of a definition. The table may stay until the schema goes: dropping takes as long as creating. */
  async canonical(table: string, definition: string): Promise<string> {
    return (await this.#firstResult([table], [], [definition], !isTied(definition))).result;
  }

  /** Executes statements that make a table of that name, or none, and looks at it; leaves nothing. */
  async look<T>(table: string, statements: readonly string[], look: (session: Session) => Promise<T>): Promise<T> {
    return this.#with(async (session) => {
      try {
        await this.#drop(session, this.#keptAs(table));
        for (const statement of statements) await session.execute(statement);
        const seen = await look(session);
        await this.#drop(session, [table]);
        return seen;
      } catch (error) {
        throw await this.schema.reasonOf(error, session, [table]);
      }
    }, table);
  }

  /** Throws when what was tried here may not be relied on. */
  async confirm(): Promise<void> {
    await this.schema.confirm();
  }

  /** Never throws: what the uses came to counts. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.sessions.close();
    await this.schema.remove(this.sessions.threadIds);
  }

  async #firstResult(
    tables: readonly string[],
    before: readonly string[],
    alternatives: readonly string[],
    keeps = false,
  ): Promise<Accepted> {
    // P6: tables that a foreign key ties would see each other, or not, as chance has it.
    const alone = [...before, ...alternatives].some(isTied);
    const work = async (session: Session): Promise<Accepted> => {
      for (let tries = 1; ; tries += 1) {
        try {
          await this.#drop(
            session,
            (alone ? [...this.#kept.keys()] : tables).flatMap((each) => this.#keptAs(each)),
          );
          return await this.#execute(session, tables, before, alternatives, keeps);
        } catch (error) {
          // Foreign keys let one table's statements lock another's.
          if (serverErrorNumber(error) !== DEADLOCK || tries === DEADLOCK_TRIES)
            throw await this.schema.reasonOf(error, session, tables);
          await this.#drop(session, tables);
        }
      }
    };
    const [table = ''] = tables;
    return alone ? this.#withAll(work, table) : this.#with(work, table);
  }

  async #execute(
    session: Session,
    tables: readonly string[],
    before: readonly string[],
    alternatives: readonly string[],
    keeps: boolean,
  ): Promise<Accepted> {
    const [table = ''] = tables;
    const tried = await this.#try(session, table, before, alternatives);
    if (keeps) this.#keep(table);
    else await this.#drop(session, tables);
    if (tried instanceof SternaError) throw tried;
    return tried;
  }

  /** Throws what is no refusal: it ends the plan, and the schema with it. */
  async #try(
    session: Session,
    table: string,
    before: readonly string[],
    alternatives: readonly string[],
  ): Promise<Accepted | SternaError> {
    try {
      for (const statement of before) await session.execute(statement);
      const chosen = await firstAccepted(session, alternatives);
      const definition = await readDefinition(session, this.schema.name, table);
      if (definition === null) throw this.schema.lost();
      return { chosen, result: canonicalDefinition(definition) };
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return error;
    }
  }

  async #drop(session: Session, tables: readonly string[]): Promise<void> {
    for (const table of tables) {
      await session.execute(`DROP TABLE IF EXISTS ${quoteName(table)}`);
      this.#kept.get(table.toLowerCase())?.delete(table);
    }
  }

  #keep(table: string): void {
    this.#kept.set(table.toLowerCase(), new Set(this.#keptAs(table)).add(table));
  }

  #keptAs(table: string): string[] {
    return [...(this.#kept.get(table.toLowerCase()) ?? [])];
  }

  /** One session for one table at a time; two uses of one table wait for each other. */
  async #with<T>(work: (session: Session) => Promise<T>, table: string): Promise<T> {
    const session = await this.sessions.take();
    try {
      return await this.#named(() => work(session), table);
    } finally {
      this.sessions.give(session);
    }
  }

  /** Every session, so that no other table is there meanwhile. One such use gathers them at a time. */
  async #withAll<T>(work: (session: Session) => Promise<T>, table: string): Promise<T> {
    const before = this.#alone;
    let over = (): void => undefined;
    this.#alone = new Promise((resolve) => (over = resolve));
    await before;
    const held: Session[] = [];
    try {
      const first = await this.sessions.take();
      held.push(first);
      while (held.length < this.sessions.size) held.push(await this.sessions.take());
      return await this.#named(() => work(first), table);
    } finally {
      for (const session of held) this.sessions.give(session);
      over();
    }
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

/** It may see other tables, and they it. */
function isTied(statement: string): boolean {
  return /\bREFERENCES\b/i.test(statement);
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
function isRefusal(error: unknown): error is SternaError {
  return error instanceof SternaError && (error.code === 'instant_refused' || error.code === 'sql_error');
}
