import { atTime, type Plan, type PlannedTask, SternaError } from '../../src/contract/index.js';
import {
  canonicalDefinition,
  definingMode,
  type MysqlServer,
  readDefinition,
  type Session,
} from '../../src/mysql/index.js';
import { comparable } from '../../src/planner/comparable.js';
import { TestNamespace } from '../support/namespace.js';
import { planTables } from './planning.js';
import { throughShadow } from './shadow-copy.js';

const SESSIONS = 6;

/** A pair of definitions. No two of a corpus have a table of one name. */
export interface Pair {
  readonly name: string;
  readonly from: Side;
  readonly to: Side;
}

export type Direction = 'from' | 'to';

/** Tables, with rows where a table's defaults would not do; null for none at all. */
export interface Side {
  readonly tables: ReadonlyMap<string, string>;
  readonly rows: readonly string[] | null;
}

/** What a plan said of a pair, and whether what it planned gives what was desired. */
export interface Outcome {
  readonly verdict: string;
  /** Its reasons at length, for whoever reads a failure. */
  readonly reasons: readonly string[];
  /** Definitions that differ from the desired ones after the planned statements. */
  readonly differences: readonly string[];
  /** What was still planned afterwards. */
  readonly rest: readonly string[];
}

/**
 * All pairs at once, in one namespace: a plan of many tables costs little more than one of a single table. Tables hold a
 * row while they are planned, since an empty one has nothing to lose, and none while they are changed.
 */
export class Corpus implements AsyncDisposable {
  private constructor(
    private readonly server: MysqlServer,
    private readonly pairs: readonly Pair[],
    /** Pairs of which the server takes a side not at all, by name, with what it says. */
    readonly refused: ReadonlyMap<string, string>,
    private readonly space: TestNamespace,
    private readonly scratch: TestNamespace,
    private readonly definitions: Record<Direction, ReadonlyMap<string, string | null>>,
  ) {}

  /** With the tables that all pairs begin with. */
  static async open(server: MysqlServer, pairs: readonly Pair[]): Promise<Corpus> {
    const refused = new Map<string, string>();
    const accepted = (): Pair[] => pairs.filter(({ name }) => !refused.has(name));
    const load = async (space: TestNamespace, side: Direction): Promise<Map<string, string | null>> => {
      const definitions = new Map<string, string | null>();
      await forEach(server, space.name, accepted(), async (pair, session) => {
        try {
          for (const sql of pair[side].tables.values()) await session.execute(sql);
        } catch (error) {
          if (!(error instanceof SternaError) || error.code !== 'sql_error') throw error;
          refused.set(pair.name, error.message);
          return;
        }
        for (const table of pair[side].tables.keys())
          definitions.set(table, await canonicalOf(session, space.name, table));
      });
      return definitions;
    };
    const [scratch, space] = [await TestNamespace.create('desired'), await TestNamespace.create('corpus')];
    try {
      const to = await load(scratch, 'to');
      const from = await load(space, 'from');
      return new Corpus(server, accepted(), refused, space, scratch, { to, from });
    } catch (error) {
      await Promise.all([scratch.drop(), space.drop()]);
      throw error;
    }
  }

  /** From one side of every pair to the other, on which the tables are afterwards. */
  async go(from: Direction, to: Direction): Promise<Map<string, Outcome>> {
    await this.#forEach((each, session) => fill(each[from], session));
    // At once, since two plans on one server must not meet.
    const [plan, again] = await Promise.all([this.#plan(to), this.#plan(to)]);
    const outcomes = new Map<string, Outcome>();
    await this.#forEach(async (each, session) => {
      for (const table of each[from].tables.keys()) await session.execute(`DELETE FROM ${quoted(table)}`);
      const tasks = tasksOf(each, plan);
      const differences: string[] = [];
      if (JSON.stringify(tasksOf(each, again)) !== JSON.stringify(tasks))
        differences.push('another plan each time (P6)');
      const compare = async (table: string, way: string): Promise<void> => {
        const found = await canonicalOf(session, this.space.name, table);
        const wanted = this.definitions[to].get(table) ?? null;
        if (!(await this.#isSame(table, found, wanted))) differences.push(`${way}${found}\ninstead of\n${wanted}`);
      };
      for (const task of tasks.filter(({ safety }) => safety !== 'blocked')) {
        if (task.execution === 'copy')
          await throughShadow(session, this.space.name, task, () => compare(task.table, 'by a copy: ')).catch(
            (error: unknown) => differences.push(`by a copy: ${task.statements.join('; ')}\n${String(error)}`),
          );
        for (const sql of task.statements)
          await session
            .execute(atTime(sql, Date.now()))
            .catch((error: unknown) => differences.push(`${sql}\n${String(error)}`));
      }
      // What is not to be reached is given.
      if (tasks.some(({ safety }) => safety === 'blocked') || differences.length > 0) await load(each, to, session);
      for (const table of namesOf(each)) await compare(table, '');
      const reasons = tasks.flatMap((task) => task.reasons.map(({ code, message }) => `${code}: ${message}`));
      outcomes.set(each.name, { verdict: verdict(tasks), reasons, differences, rest: [] });
    });
    const rest = await this.#plan(to);
    for (const each of this.pairs) {
      const outcome = outcomes.get(each.name);
      const left = tasksOf(each, rest).map((task) => task.statements.join('; '));
      if (outcome !== undefined) outcomes.set(each.name, { ...outcome, rest: left });
    }
    return outcomes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.space.drop(), this.scratch.drop()]);
  }

  /** Two texts that mean the same are no difference; nor are conditions as the server writes them after an ALTER. */
  async #isSame(table: string, a: string | null, b: string | null): Promise<boolean> {
    if (a === null || b === null || comparable(a) === comparable(b)) return (a === null) === (b === null);
    await using session = await this.server.connect({ namespace: this.scratch.name });
    const altered = async (definition: string): Promise<string> => {
      await session.execute(`DROP TABLE IF EXISTS ${quoted(table)}`);
      await session.execute(definition);
      await session.execute(`ALTER TABLE ${quoted(table)} FORCE`);
      return comparable((await canonicalOf(session, this.scratch.name, table)) ?? '');
    };
    return a.includes(' CHECK ') && (await altered(a)) === (await altered(b));
  }

  #plan(side: Direction): Promise<Plan> {
    return planTables(
      this.server,
      this.space.name,
      this.pairs.flatMap((each) => [...each[side].tables.values()]),
    );
  }

  #forEach(work: (each: Pair, session: Session) => Promise<void>): Promise<void> {
    return forEach(this.server, this.space.name, this.pairs, work);
  }
}

/** Some pairs beside each other: a server that defines tables waits for its disk most of the time. */
async function forEach(
  server: MysqlServer,
  namespace: string,
  pairs: readonly Pair[],
  work: (each: Pair, session: Session) => Promise<void>,
): Promise<void> {
  const queue = [...pairs];
  await Promise.all(
    Array.from({ length: SESSIONS }, async () => {
      // As the engine's sessions that define tables.
      await using session = await server.connect({ namespace, settings: { foreign_key_checks: 0 } });
      const [global] = await session.query<{ mode: string }>('SELECT @@GLOBAL.sql_mode AS mode');
      await session.query('SET sql_mode = ?', [definingMode(global?.mode ?? '')]);
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) await work(next, session);
    }),
  );
}

async function load(each: Pair, side: Direction, session: Session): Promise<void> {
  for (const table of namesOf(each)) await session.execute(`DROP TABLE IF EXISTS ${quoted(table)}`);
  for (const sql of each[side].tables.values()) await session.execute(sql);
}

/** The rows of a pair; without them, one of defaults in each table, whatever they are. */
async function fill({ tables, rows }: Side, session: Session): Promise<void> {
  if (rows === null) return;
  await session.execute("SET @mode = @@sql_mode, sql_mode = ''");
  for (const sql of rows) await session.execute(sql);
  if (rows.length === 0)
    for (const table of tables.keys())
      await session.execute(`INSERT IGNORE INTO ${quoted(table)} () VALUES ()`).catch((error: unknown) => {
        if (!/doesn't have a default value/.test(String(error))) throw error;
      });
  await session.execute('SET sql_mode = @mode');
}

async function canonicalOf(session: Session, namespace: string, table: string): Promise<string | null> {
  const definition = await readDefinition(session, namespace, table);
  return definition === null ? null : canonicalDefinition(definition);
}

function tasksOf(each: Pair, plan: Plan): PlannedTask[] {
  const names = namesOf(each);
  return plan.tasks.filter(({ table }) => names.includes(table));
}

function namesOf({ from, to }: Pair): string[] {
  return [...new Set([...from.tables.keys(), ...to.tables.keys()])];
}

/** E.g. `copy unsafe drops-column`; with the table's name where a pair has several. */
function verdict(tasks: readonly PlannedTask[]): string {
  if (tasks.length === 0) return 'nothing';
  return tasks
    .map(({ table, action, execution, safety, reasons }) =>
      [
        tasks.length > 1 ? `${table}:` : '',
        action === 'alter' ? '' : action,
        safety === 'blocked' ? '' : execution,
        safety,
        ...new Set(reasons.map(({ code }) => code)),
      ]
        .filter((word) => word !== '')
        .join(' '),
    )
    .join('; ');
}

function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}
