import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Plan } from '../../src/contract/index.js';
import { examineServer } from '../../src/planner/index.js';
import { openTargetClient, operationContext } from '../../src/target/index.js';
import { MysqlProcess } from '../support/mysql-process.js';
import { connect, connectionConfig } from '../support/servers.js';
import { FaultStage, NO_TRACES, once } from './fault-stage.js';
import { request } from './planning.js';

/** A server of its own: what is swept here is nobody else's. */
let mysql: MysqlProcess;
let stage: FaultStage;
beforeAll(async () => {
  mysql = await MysqlProcess.start();
});
afterAll(async () => {
  await mysql[Symbol.asyncDispose]();
});
beforeEach(async () => {
  stage = await FaultStage.open(mysql.server);
});
afterEach(async () => {
  await stage[Symbol.asyncDispose]();
});

const nothing = (): void => undefined;
const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const LEFT = '_sterna_ws_1700000000000_deadbeef';

async function made(plan = stage.plan()): Promise<Plan> {
  const { plan: found, error } = await plan;
  return found ?? expect.fail(String(error));
}

describe('a schema that is named like a scratch schema', () => {
  afterEach(async () => {
    for (const name of await stage.scratchSchemas()) await stage.query(`DROP DATABASE \`${name}\``);
  });

  it('is dropped by the next plan when no planner is at work in it, and its tables are empty', async () => {
    await stage.query(`CREATE DATABASE ${LEFT}; CREATE TABLE ${LEFT}.a (id INT); CREATE TABLE ${LEFT}.b (id INT)`);
    await made();
    expect(await stage.traces()).toEqual(NO_TRACES);
  });

  it.each([
    ['a row that the statistics do not know of', 'INSERT INTO $.a VALUES (1)'],
    ['a view', 'CREATE VIEW $.v AS SELECT id FROM $.a'],
    ['a procedure', 'CREATE PROCEDURE $.p() SELECT 1'],
    ['an event', 'CREATE EVENT $.e ON SCHEDULE EVERY 1 YEAR DO SELECT 1'],
  ])('stays with all it holds when it holds %s', async (_, sql) => {
    await stage.query(`CREATE DATABASE ${LEFT}; CREATE TABLE ${LEFT}.a (id INT)`);
    // The server remembers for a day that there are none.
    const counted = await stage.query('SELECT TABLE_ROWS AS n FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?', [
      LEFT,
    ]);
    expect(counted).toEqual([{ n: '0' }]);
    await stage.query(sql.replaceAll('$', LEFT));
    await made();
    expect(await stage.scratchSchemas()).toEqual([LEFT]);
    const { findings } = await examineServer(stage.server, []);
    expect(findings.filter(({ code }) => code === 'workspace')).toMatchObject([
      { run: [], message: expect.stringContaining('No plan removes it') as string },
    ]);
  });

  it('stays while a planner holds its lock', async () => {
    await stage.query(`CREATE DATABASE ${LEFT}`);
    const planner = await connect(mysql.server);
    await planner.query('SELECT GET_LOCK(?, 0)', [LEFT]);
    await made();
    expect(await stage.scratchSchemas()).toEqual([LEFT]);
    await planner.end();
  });

  it('stays when its name only looks alike', async () => {
    const alike = [
      ...[`${LEFT}_old`, `x${LEFT}`, '_sterna_ws_170000000000_deadbeef', '_sterna_ws_1700000000000_DEADBEEF'],
      ...['_sterna_ws_1700000000000_deadbee', '_sterna_ws_backup'],
    ].sort();
    for (const name of alike) await stage.query(`CREATE DATABASE \`${name}\``);
    await made();
    expect((await stage.scratchSchemas()).toSorted()).toEqual(alike);
  });

  it('is left to a later plan when somebody holds a lock there: this one is made all the same', async () => {
    await stage.query(`CREATE DATABASE ${LEFT}; CREATE TABLE ${LEFT}.a (id INT)`);
    const reader = await connect(mysql.server);
    await reader.query(`LOCK TABLES ${LEFT}.a WRITE`);
    const outcome = await stage.plan();
    expect(outcome).toMatchObject({ plan: {}, warnings: [{ schema: LEFT, code: 'lock_not_granted' }] });
    await reader.end();
    await made();
    expect(await stage.scratchSchemas()).toEqual([]);
  });
});

describe('plans at once on one server', () => {
  it('do not meet: each is as if it were alone, of the same and of different inputs (P6)', async () => {
    const what = [
      undefined,
      {
        statements: {
          [stage.space.name]: ['ALTER TABLE grows ADD COLUMN a INT', 'ALTER TABLE parent ADD KEY n (note)'],
        },
      },
      { schema: { [stage.space.name]: { 'grows.sql': 'CREATE TABLE grows (id INT PRIMARY KEY, other INT)' } } },
    ];
    const alone: string[] = [];
    for (const each of what) alone.push((await made(stage.plan(undefined, { what: each }))).planHash);
    const together = [...what, ...what, ...what];
    const plans = await stage.planAtOnce(together);
    expect(plans.map(({ planHash }) => planHash)).toEqual([...alone, ...alone, ...alone]);
    expect(await stage.traces()).toEqual(NO_TRACES);
  });

  it('do not sweep each other while one is in the middle', async () => {
    const alone = await made();
    let inner: Promise<Plan[]> | undefined;
    const outer = await made(
      stage.plan(async ({ sql }) => {
        if (inner !== undefined || !sql.startsWith('ALTER TABLE')) return;
        inner = stage.planAtOnce([undefined]);
        await inner;
      }),
    );
    expect([outer.planHash, (await inner)?.[0]?.planHash]).toEqual([alone.planHash, alone.planHash]);
    expect(await stage.traces()).toEqual(NO_TRACES);
  });
});

describe('the removal of a scratch schema', () => {
  it('is not waited for by the answer where somebody takes it', async () => {
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const removals: Promise<void>[] = [];
    const fault = once(/^DROP DATABASE/, () => answered);
    await made(stage.plan(fault, { later: (removal) => void removals.push(removal) }));
    expect(await stage.scratchSchemas()).toHaveLength(1);
    answer();
    await Promise.all(removals);
    expect(await stage.traces()).toEqual(NO_TRACES);
  });

  it('is waited for by whoever closes the target (K4)', async () => {
    const target = await openTargetClient('mysql', {
      connection: connectionConfig(mysql.server),
      physical: (namespace) => namespace,
      requireWriter: false,
    });
    const schema = Object.fromEntries(
      Array.from({ length: 40 }, (_, n) => [`t${n}.sql`, `CREATE TABLE t${n} (id INT PRIMARY KEY)`]),
    );
    await target.plan(request({ schema: { [stage.space.name]: schema } }), operationContext({ log: SILENT }));
    await target.close();
    expect(await stage.traces()).toEqual(NO_TRACES);
  });
});
