import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { atTime, type Plan, type PlannedTask } from '../../src/contract/index.js';
import { canonicalDefinition, type MysqlServer, readDefinition, type Session } from '../../src/mysql/index.js';
import { comparable } from '../../src/planner/comparable.js';
import { TestNamespace } from '../support/namespace.js';
import { planTables, tableName } from './planning.js';

const SESSIONS = 6;
const FOLDER = path.join(path.dirname(fileURLToPath(import.meta.url)), 'cases');

/** A pair of definitions, with the verdicts that are expected of the way from one to the other and back. */
export interface Case {
  /** `<topic>/<name>` */
  readonly name: string;
  readonly from: Side;
  readonly to: Side;
  readonly forth: string;
  readonly back: string;
}

export type Direction = 'from' | 'to';

/** Tables, with rows where a table's defaults would not do. */
interface Side {
  readonly tables: ReadonlyMap<string, string>;
  readonly rows: readonly string[];
}

/** What a plan said of a case, and whether what it planned gives what was desired. */
export interface Outcome {
  readonly verdict: string;
  /** Definitions that differ from the desired ones after the planned statements. */
  readonly differences: readonly string[];
  /** What was still planned afterwards. */
  readonly rest: readonly string[];
}

export function readCases(): Case[] {
  const topics = readdirSync(FOLDER).sort();
  return topics.flatMap((topic) =>
    readdirSync(path.join(FOLDER, topic))
      .sort()
      .map((file) => readCase(`${topic}/${file.replace(/\.sql$/, '')}`)),
  );
}

function readCase(name: string): Case {
  const text = readFileSync(path.join(FOLDER, `${name}.sql`), 'utf8');
  const [, forth, back, from, to] =
    /^-- .+\n-- forth: (.+)\n-- back: (.+)\n-- from\n([\s\S]+)\n-- to\n([\s\S]+)\n$/.exec(text) ?? [];
  if (forth === undefined || back === undefined || from === undefined || to === undefined)
    throw new Error(`Expected a sentence, "-- forth", "-- back", "-- from" and "-- to" in ${name}.sql.`);
  return { name, forth, back, from: readSide(from), to: readSide(to) };
}

function readSide(text: string): Side {
  const statements = text.split(/;\n|;$/).filter((statement) => statement !== '');
  const isRow = (statement: string): boolean => statement.startsWith('INSERT ');
  return {
    tables: new Map(statements.filter((each) => !isRow(each)).map((sql) => [tableName(sql), sql])),
    rows: statements.filter(isRow),
  };
}

/**
 * All cases at once, in one namespace: a plan of many tables costs little more than one of a single table. Tables hold a
 * row while they are planned, since an empty one has nothing to lose, and none while they are changed.
 */
export class Corpus implements AsyncDisposable {
  private constructor(
    private readonly server: MysqlServer,
    private readonly cases: readonly Case[],
    private readonly space: TestNamespace,
    private readonly definitions: Record<Direction, ReadonlyMap<string, string | null>>,
  ) {}

  /** With the tables that all cases begin with. */
  static async open(server: MysqlServer, cases: readonly Case[]): Promise<Corpus> {
    const load = async (space: TestNamespace, side: Direction): Promise<Map<string, string | null>> => {
      const definitions = new Map<string, string | null>();
      await forEach(server, space.name, cases, async (each, session) => {
        for (const sql of each[side].tables.values()) await session.execute(sql);
        for (const table of each[side].tables.keys())
          definitions.set(table, await canonicalOf(session, space.name, table));
      });
      return definitions;
    };
    await using desired = await TestNamespace.create('desired');
    const to = await load(desired, 'to');
    const space = await TestNamespace.create('corpus');
    return new Corpus(server, cases, space, { to, from: await load(space, 'from') });
  }

  /** From one side of every case to the other, on which the tables are afterwards. */
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
      for (const task of tasks.filter(({ safety }) => safety !== 'blocked'))
        for (const sql of task.statements)
          await session
            .execute(atTime(sql, Date.now()))
            .catch((error: unknown) => differences.push(`${sql}\n${String(error)}`));
      // What is not to be reached is given.
      if (tasks.some(({ safety }) => safety === 'blocked') || differences.length > 0) await load(each, to, session);
      for (const table of namesOf(each)) {
        const found = await canonicalOf(session, this.space.name, table);
        const wanted = this.definitions[to].get(table) ?? null;
        if (plain(found) !== plain(wanted)) differences.push(`${found}\ninstead of\n${wanted}`);
      }
      outcomes.set(each.name, { verdict: verdict(tasks), differences, rest: [] });
    });
    const rest = await this.#plan(to);
    for (const each of this.cases) {
      const outcome = outcomes.get(each.name);
      const left = tasksOf(each, rest).map((task) => task.statements.join('; '));
      if (outcome !== undefined) outcomes.set(each.name, { ...outcome, rest: left });
    }
    return outcomes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.space.drop();
  }

  #plan(side: Direction): Promise<Plan> {
    return planTables(
      this.server,
      this.space.name,
      this.cases.flatMap((each) => [...each[side].tables.values()]),
    );
  }

  #forEach(work: (each: Case, session: Session) => Promise<void>): Promise<void> {
    return forEach(this.server, this.space.name, this.cases, work);
  }
}

/** Some cases beside each other: a server that defines tables waits for its disk most of the time. */
async function forEach(
  server: MysqlServer,
  namespace: string,
  cases: readonly Case[],
  work: (each: Case, session: Session) => Promise<void>,
): Promise<void> {
  const queue = [...cases];
  await Promise.all(
    Array.from({ length: SESSIONS }, async () => {
      // As the engine's sessions that define tables.
      await using session = await server.connect({ namespace, settings: { foreign_key_checks: 0 } });
      await session.execute('SET sql_mode = @@GLOBAL.sql_mode');
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) await work(next, session);
    }),
  );
}

async function load(each: Case, side: Direction, session: Session): Promise<void> {
  for (const table of namesOf(each)) await session.execute(`DROP TABLE IF EXISTS ${quoted(table)}`);
  for (const sql of each[side].tables.values()) await session.execute(sql);
}

/** The rows of a case; without them, one of defaults in each table, whatever they are. */
async function fill({ tables, rows }: Side, session: Session): Promise<void> {
  await session.execute("SET sql_mode = ''");
  for (const sql of rows) await session.execute(sql);
  if (rows.length === 0)
    for (const table of tables.keys())
      await session.execute(`INSERT IGNORE INTO ${quoted(table)} () VALUES ()`).catch((error: unknown) => {
        if (!/doesn't have a default value/.test(String(error))) throw error;
      });
  await session.execute('SET sql_mode = @@GLOBAL.sql_mode');
}

async function canonicalOf(session: Session, namespace: string, table: string): Promise<string | null> {
  const definition = await readDefinition(session, namespace, table);
  return definition === null ? null : canonicalDefinition(definition);
}

/** Two texts that mean the same are no difference. */
function plain(definition: string | null): string | null {
  return definition === null ? null : comparable(definition);
}

function tasksOf(each: Case, plan: Plan): PlannedTask[] {
  const names = namesOf(each);
  return plan.tasks.filter(({ table }) => names.includes(table));
}

function namesOf({ from, to }: Case): string[] {
  return [...new Set([...from.tables.keys(), ...to.tables.keys()])];
}

/** E.g. `copy unsafe drops-column`; with the table's name where a case has several. */
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
