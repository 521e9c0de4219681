import type { Connection } from 'mysql2/promise';
import { expect, vi } from 'vitest';
import type { Plan, PlanRequest } from '../../src/contract/index.js';
import { MysqlServer } from '../../src/mysql/index.js';
import { Session } from '../../src/mysql/session.js';
import { planChange } from '../../src/planner/index.js';
import { TestAccount } from '../support/account.js';
import { TestNamespace } from '../support/namespace.js';
import { testSeed } from '../support/random.js';
import { connect, connectionConfig, type TestServer } from '../support/servers.js';
import { until } from '../support/until.js';
import { dependencies, request } from './planning.js';

/** What a planner is about to send, and on which connection. */
export interface Sent {
  readonly session: Session;
  readonly sql: string;
  /** How many were sent before it. */
  readonly index: number;
}

export type Fault = (sent: Sent) => Promise<void> | void;

/** Does it once, when the first statement of a kind is about to be sent. */
export function once(kind: RegExp, work: (sent: Sent) => Promise<unknown>): Fault {
  let done = false;
  return async (sent) => {
    if (done || !kind.test(sent.sql)) return;
    done = true;
    await work(sent);
  };
}

export interface Outcome {
  readonly plan?: Plan;
  readonly error?: unknown;
  readonly sent: readonly string[];
  /** What was logged. */
  readonly warnings: readonly object[];
}

const LIVE = [
  'CREATE TABLE parent (id BIGINT PRIMARY KEY, note VARCHAR(20))',
  'CREATE TABLE grows (id INT PRIMARY KEY, k INT, KEY k (k))',
  'CREATE TABLE checked (id INT PRIMARY KEY, k INT, CHECK (k > 0))',
  'CREATE TABLE renamed (id INT PRIMARY KEY, mail VARCHAR(20))',
  "CREATE TABLE hides (id INT PRIMARY KEY, e ENUM('a', '?'))",
  'CREATE TABLE gone (id INT PRIMARY KEY)',
];

/** Every way that a plan takes: created beside a parent, instant, in place, copied, rehearsed, renamed, dropped. */
const DESIRED: Readonly<Record<string, string>> = {
  'parent.sql': 'CREATE TABLE parent (id BIGINT PRIMARY KEY, note VARCHAR(40))',
  'grows.sql': 'CREATE TABLE grows (id INT PRIMARY KEY, k BIGINT, KEY k (k))',
  'checked.sql': 'CREATE TABLE checked (id INT PRIMARY KEY, k BIGINT, CHECK (k > 0))',
  'renamed.sql':
    'CREATE TABLE renamed (id INT PRIMARY KEY,\n-- sterna:renamed from=mail\nemail VARCHAR(20), extra INT)',
  'hides.sql': "CREATE TABLE hides (id INT PRIMARY KEY, e ENUM('a', '?'), more INT)",
  'child.sql': 'CREATE TABLE child (id INT PRIMARY KEY, p BIGINT, FOREIGN KEY (p) REFERENCES parent (id))',
};

/** A namespace, a user whose connections can be told from others, and a planner whose every statement is seen. */
export class FaultStage implements AsyncDisposable {
  #before: unknown;
  #plans = 0;

  private constructor(
    readonly space: TestNamespace,
    readonly account: TestAccount,
    readonly server: MysqlServer,
    private admin: Connection,
  ) {}

  /** @param on a server of the test's own: nobody else plans there */
  static async open(on: TestServer, grants?: readonly string[]): Promise<FaultStage> {
    const space = await TestNamespace.create('faults', on);
    for (const sql of LIVE) await space.query(sql);
    for (const table of await space.tables()) await space.query(`INSERT INTO \`${table}\` (id) VALUES (1), (2)`);
    const admin = await connect(on, space.name);
    const own = grants?.map((grant) => grant.replace('{space}', `\`${space.name}\``));
    const account = await TestAccount.create({ server: on, ...(own === undefined ? {} : { grants: own }) });
    const server = await MysqlServer.open(connectionConfig(account.server), 1);
    const stage = new FaultStage(space, account, server, admin);
    stage.#before = await contents(stage);
    return stage;
  }

  /** On a connection of the test's own. */
  async query<T = Record<string, unknown>>(sql: string, values: readonly unknown[] = []): Promise<T[]> {
    const [rows] = await this.admin.query(sql, [...values]);
    return Array.isArray(rows) ? (rows as T[]) : [];
  }

  /** After the server has come back. */
  async reconnect(): Promise<void> {
    this.admin.destroy();
    this.admin = await connect(this.space.server, this.space.name);
  }

  /** @param fault awaited before each statement is sent */
  async plan(
    fault: Fault = () => undefined,
    { signal = new AbortController().signal, what = this.#desired(), server = this.server, later }: PlanOptions = {},
  ): Promise<Outcome> {
    const sent: string[] = [];
    const warnings: object[] = [];
    for (const method of ['query', 'execute'] as const) {
      const send = Reflect.get(Session.prototype, method) as (this: Session, ...args: unknown[]) => Promise<never>;
      vi.spyOn(Session.prototype, method).mockImplementation(async function (this: Session, ...args: unknown[]) {
        const sql = String(args[0]);
        const index = sent.push(sql) - 1;
        await fault({ session: this, sql, index });
        return send.apply(this, args);
      });
    }
    const log = { warn: (fields: object) => void warnings.push(fields) };
    try {
      const made = { server, physical: (name: string): string => name, signal, log, ...(later ? { later } : {}) };
      const plan = await planChange(made, request(what));
      return { plan, sent, warnings };
    } catch (error) {
      return { error, sent, warnings };
    } finally {
      vi.restoreAllMocks();
    }
  }

  /** As nobody has asked before, so that the server has to be asked again. */
  #desired(): NonNullable<PlanOptions['what']> {
    this.#plans += 1;
    const texts = Object.entries(DESIRED).map(([name, sql]) => [name, `${sql}\n-- plan ${this.#plans}`]);
    return { schema: { [this.space.name]: Object.fromEntries(texts) as Record<string, string> } };
  }

  /** Undisturbed, beside each other. */
  async planAtOnce(what: readonly PlanOptions['what'][]): Promise<Plan[]> {
    return Promise.all(what.map((each = this.#desired()) => planChange(dependencies(this.server), request(each))));
  }

  /** The same by another way. Whoever asks closes it. */
  through(way: TestServer): Promise<MysqlServer> {
    const { user, password } = this.account.server;
    return MysqlServer.open(connectionConfig({ ...way, user, password }), 1);
  }

  /**
   * Makes the plan again and again, with the fault at another statement each time, and gives every outcome to `judge`. Nothing
   * may be left of any of them.
   *
   * @param options.step before every how manyth statement; which ones is another choice for each seed
   * @param options.watch sees every statement
   * @param options.repair is awaited after every plan
   */
  async everyMoment(
    fault: (sent: Sent, signal: AbortController) => Promise<void> | void,
    judge: (outcome: Outcome, at: Sent) => void,
    { step, watch, repair }: MomentOptions,
  ): Promise<void> {
    const count = (await this.plan()).sent.length;
    for (let moment = testSeed() % step; moment < count; moment += step) {
      let at: Sent | undefined;
      const abort = new AbortController();
      const outcome = await this.plan(
        async (sent) => {
          watch?.(sent);
          if (sent.index !== moment) return;
          at = sent;
          await fault(sent, abort);
        },
        { signal: abort.signal },
      );
      if (at === undefined) continue; // sessions meet otherwise each time, and this plan was shorter
      judge(outcome, at);
      expect({ moment, ...(await this.traces()) }, at.sql).toEqual({ moment, ...NO_TRACES });
      await repair?.();
    }
  }

  /** Ends a connection from outside, and waits until it has gone. */
  async cut(threadId: number): Promise<void> {
    await this.query(`KILL ${threadId}`).catch((error: unknown) => {
      if ((error as { errno?: number }).errno !== 1094 /* gone already */) throw error;
    });
    await until('the connection has gone', async () => !(await this.connections()).includes(threadId), {
      intervalMs: 2,
    });
  }

  /** The planner's connection that waits for a lock. */
  async waiting(): Promise<number> {
    return until(
      'a statement waits for a lock',
      async () => {
        const [row] = await this.query<{ id: string }>(
          "SELECT ID AS id FROM performance_schema.processlist WHERE USER = ? AND STATE LIKE 'Waiting for %lock'",
          [this.account.user],
        );
        return Number(row?.id ?? 0);
      },
      { intervalMs: 10 },
    );
  }

  async connections(): Promise<number[]> {
    const rows = await this.query<{ id: string }>(
      'SELECT ID AS id FROM performance_schema.processlist WHERE USER = ?',
      [this.account.user],
    );
    return rows.map(({ id }) => Number(id));
  }

  /** Whatever is named like one. */
  async scratchSchemas(): Promise<string[]> {
    const rows = await this.query<{ name: string }>(
      "SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE '%sterna\\_ws%' ORDER BY name",
    );
    return rows.map(({ name }) => name);
  }

  /** What a plan has to leave as it was, and what it must not leave. */
  async traces(): Promise<typeof NO_TRACES> {
    await until(
      'connections that were closed have gone',
      async () => (await this.connections()).length <= 1 /* of the pool */,
      { intervalMs: 2 },
    );
    return {
      isAsBefore: JSON.stringify(await contents(this)) === JSON.stringify(this.#before),
      scratchSchemas: await this.scratchSchemas(),
      openSessions: this.server.openSessions,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.admin.destroy();
    await this.server.close();
    await this.account.drop();
    await this.space.drop();
  }
}

export const NO_TRACES = { isAsBefore: true, scratchSchemas: [] as readonly string[], openSessions: 0 };

interface MomentOptions {
  readonly step: number;
  readonly watch?: (sent: Sent) => void;
  readonly repair?: () => Promise<void> | void;
}

interface PlanOptions {
  readonly signal?: AbortSignal;
  readonly what?: Pick<PlanRequest, 'schema' | 'statements'> | undefined;
  readonly server?: MysqlServer;
  readonly later?: (removal: Promise<void>) => void;
}

/** Definitions and rows. */
async function contents(stage: FaultStage): Promise<unknown> {
  const found = [];
  const tables = await stage.query<{ name: string }>(
    'SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME',
  );
  for (const { name } of tables) {
    const [definition] = await stage.query(`SHOW CREATE TABLE \`${name}\``);
    found.push(definition, await stage.query(`SELECT * FROM \`${name}\` ORDER BY id`));
  }
  return found;
}
