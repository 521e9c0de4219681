import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import type { ChangeOptions, ChangeState, Plan, SternaError } from '../../src/contract/index.js';
import { ReplicaLag } from '../../src/engine/replica-lag.js';
import { MysqlServer } from '../../src/mysql/index.js';
import { openTargetClient, operationContext } from '../../src/target/index.js';
import { ROOT } from '../../tools/dev/paths.js';
import { TestAccount } from '../support/account.js';
import { entryFor, TestDataPlane } from '../support/data-plane.js';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace } from '../support/namespace.js';
import { BUSY_MACHINE, EngineChange, fill, PLAIN_TABLE } from '../support/online-change.js';
import { connectionConfig, dsn, testServers, type TestServer } from '../support/servers.js';
import { until } from '../support/until.js';

const TEXT = await readFile(path.join(ROOT, 'docs/operations.md'), 'utf8');
const GRANTS = [...TEXT.matchAll(/^GRANT (.+) TO sterna;( +-- optional)?/gm)].map(([, grant = '', optional]) => ({
  grant,
  optional: optional !== undefined,
}));

const nothing = (): void => undefined;
const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const needed = GRANTS.filter(({ optional }) => !optional).map(({ grant }) => grant);
const namesOf = (grant = ''): string[] => grant.replace(/ ON .*/, '').split(', ');
const grantsFor = (schema: string, without?: string): string[] =>
  needed.map((grant) => {
    const names = namesOf(grant).filter((name) => name !== without);
    return `${names.join(', ')}${grant.slice(grant.indexOf(' ON ')).replace('`shop`', `\`${schema}\``)}`;
  });

it(
  'the privileges of docs/operations.md are enough for every operation, those that are optional left out',
  { timeout: 180_000 },
  async () => {
    expect(GRANTS.map(({ optional }) => optional)).toEqual([false, false, false, true, true, true]);
    await using space = await TestNamespace.create('grants');
    await space.query(PLAIN_TABLE);
    await fill(space, 't', 1_000);
    await space.query('CREATE TABLE gone (id INT PRIMARY KEY)');
    await using account = await TestAccount.create({ grants: grantsFor(space.name) });
    const target = `least-${space.name.slice(-8)}`;
    await using plane = await TestDataPlane.create('grants', entryFor(target, 'DSN_LEAST'));
    plane.env.DSN_LEAST = dsn(account.server);
    await plane.startWorker();
    const definitions = {
      't.sql':
        'CREATE TABLE t (id BIGINT AUTO_INCREMENT PRIMARY KEY, k BIGINT NOT NULL, note VARCHAR(200) NOT NULL, KEY k (k))',
      'fresh.sql': 'CREATE TABLE fresh (id INT PRIMARY KEY)',
    };
    const start = (schema: Record<string, string>): Promise<string> =>
      plane.client.start({
        target,
        environment: 'test',
        schema: { [space.name]: schema },
        options: { autoApply: true, allowUnsafe: true },
        caller: 'test',
      });
    const result = await plane.client.result(await start(definitions));
    expect(result.tasks.map(({ action, execution, state }) => [action, execution, state])).toEqual([
      ['create', 'direct', 'completed'],
      ['alter', 'copy', 'completed'],
      ['drop', 'direct', 'completed'],
    ]);
    const more = { ...definitions, 'fresh.sql': 'CREATE TABLE fresh (id INT PRIMARY KEY) COMMENT "x"' };
    expect((await plane.client.result(await start(more))).tasks).toMatchObject([{ execution: 'inplace' }]);

    const place = { target, environment: 'test', namespace: space.name };
    expect(await plane.client.undrop({ ...place, table: 'gone' })).toMatchObject({ table: 'gone' });
    expect(await space.tables()).toEqual(['fresh', 'gone', 't']);
    const pulled = await plane.client.pull({ target, environment: 'test', namespaces: [space.name] });
    expect(Object.keys(pulled.schema[space.name] ?? {})).toEqual(['fresh.sql', 'gone.sql', 't.sql']);
    expect(await plane.client.probe({ targets: [target] })).toMatchObject({ results: [{ ok: true, writable: true }] });

    const statements = {
      [space.name]: ['ALTER TABLE t MODIFY k INT UNSIGNED NOT NULL', 'ALTER TABLE fresh ADD x INT'],
    };
    const reverted = await plane.client.start({
      ...{ target, environment: 'test', caller: 'test', statements },
      options: { autoApply: true, allowUnsafe: true, revertWindow: '1h' },
    });
    await until('it can be reverted', async () => (await plane.client.status(reverted)).state === 'revert_window');
    await plane.client.send(reverted, 'revert', { caller: 'test' });
    expect(await plane.client.result(reverted)).toMatchObject({
      state: 'reverted',
      tasks: [
        { execution: 'instant', state: 'completed' },
        { execution: 'copy', state: 'reverted' },
      ],
    });

    const folder = path.join(plane.folder, 'schema', space.name);
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 't.sql'), definitions['t.sql']);
    const on = ['-t', target, '-e', 'test'];
    expect(await plane.sterna('lint', ...on, '-s', path.dirname(folder))).toMatchObject({ code: 0, stderr: '' });
    const examined = await plane.sterna('doctor', ...on, '-n', space.name, '--json');
    const [diagnosis] = (JSON.parse(examined.stdout) as { targets: { findings: { code: string; level: string }[] }[] })
      .targets;
    expect(diagnosis?.findings.filter(({ level, code }) => level === 'problem' && code !== 'workspace')).toEqual([]);
    await expectNoLeaks({ namespaces: [space], taskQueues: [plane.name] });
  },
);

it(
  'they are enough for every control, and for the removal of what a change has left',
  { timeout: 180_000 },
  async () => {
    await using space = await TestNamespace.create('grants');
    await space.query(PLAIN_TABLE);
    await fill(space, 't', 3_000);
    await using account = await TestAccount.create({ grants: grantsFor(space.name) });
    const target = `least-${space.name.slice(-8)}`;
    await using plane = await TestDataPlane.create('grants', entryFor(target, 'DSN_LEAST'));
    plane.env.DSN_LEAST = dsn(account.server);
    await plane.startWorker();
    const { client } = plane;
    const start = (type: string, options: ChangeOptions): Promise<string> =>
      client.start({
        ...{ target, environment: 'test', caller: 'test' },
        statements: { [space.name]: [`ALTER TABLE t MODIFY k ${type} NOT NULL`] },
        options: { autoApply: true, deferCutover: true, ...options },
      });
    const reaches = (id: string, state: ChangeState): Promise<boolean> =>
      until(`it is ${state}`, async () => (await client.status(id)).state === state);
    const caller = 'test';

    const first = await start('BIGINT', { volume: 0, revertWindow: '1h' });
    const heldBack = async (): Promise<boolean> => (await client.status(first)).tasks[0]?.progress?.phase === 'copying';
    await until('it copies', heldBack);
    await client.send(first, 'stop', { caller });
    await reaches(first, 'stopped');
    await client.send(first, 'resume', { caller });
    await until('it copies again', heldBack);
    await client.send(first, 'setVolume', { caller, volume: 11 });
    await reaches(first, 'waiting_for_cutover');
    await client.send(first, 'cutover', { caller });
    await reaches(first, 'revert_window');
    await client.send(first, 'finalize', { caller });
    expect(await client.result(first)).toMatchObject({ state: 'completed' });

    const second = await start('INT', { volume: 11, allowUnsafe: true });
    await reaches(second, 'waiting_for_cutover');
    await client.send(second, 'cancel', { caller });
    await expect(client.result(second)).rejects.toThrow();
    expect(await space.tables()).toEqual(['t']);

    const third = await start('INT', { volume: 11, allowUnsafe: true });
    await reaches(third, 'waiting_for_cutover');
    const connection = await Connection.connect({ address: testServers().temporalAddress });
    await new Client({ connection }).workflow
      .getHandle(third)
      .terminate()
      .finally(() => connection.close());
    const fixed = await plane.sterna('doctor', '-t', target, '-e', 'test', '-n', space.name, '--fix', '--json');
    const [diagnosis] = (JSON.parse(fixed.stdout) as { targets: { removed: string[] }[] }).targets;
    expect(diagnosis?.removed).toEqual([third]);
    expect(await space.tables()).toEqual(['t']);
    await expectNoLeaks({ namespaces: [space], taskQueues: [plane.name] });
  },
);

describe('other servers of a target', () => {
  const others = (user: string): string[] =>
    [...TEXT.matchAll(/^GRANT (.+) TO (sterna_\w+);/gm)].flatMap(([, grant = '', name]) =>
      name === user ? [grant] : [],
    );
  const { mysqlB } = testServers();

  it('need of the account of a workspace what is said, and the account of the target does without it there', async () => {
    await using space = await TestNamespace.create('grants');
    await space.query(PLAIN_TABLE);
    await using account = await TestAccount.create({ grants: grantsFor(space.name).slice(0, 2) });
    const grants = others('sterna_workspace');
    expect(grants).toEqual([needed[2]]);
    await using scratch = await TestAccount.create({ server: mysqlB, grants });
    await using nobody = await TestAccount.create({ server: mysqlB, grants: ['USAGE ON *.*'] });
    const planWith = async (
      workspace: TestServer | undefined,
    ): Promise<{ problems: string[]; plan: Promise<Plan> }> => {
      const client = await openTargetClient('mysql', {
        connection: connectionConfig(account.server),
        ...(workspace === undefined ? {} : { workspace: connectionConfig(workspace) }),
        physical: (namespace) => namespace,
        requireWriter: true,
      });
      try {
        const schema = { [space.name]: { 't.sql': PLAIN_TABLE.replace('k INT', 'k BIGINT') } };
        expect(await client.lint({ schema })).toMatchObject([{ table: 't' }]);
        const { findings } = await client.examine([space.name]);
        const request = { target: 't', environment: 'test', type: 'mysql', schema } as const;
        const plan = client.plan(request, operationContext({ log: SILENT }));
        await Promise.allSettled([plan]); // before the client closes
        return { plan, problems: findings.filter(({ level }) => level === 'problem').map(({ code }) => code) };
      } finally {
        await client.close();
      }
    };
    const made = await planWith(scratch.server);
    expect(made.problems).toEqual([]);
    expect((await made.plan).tasks).toMatchObject([{ execution: 'copy', safety: 'safe' }]);
    for (const without of [nobody.server, undefined]) {
      const { plan, problems } = await planWith(without);
      expect(problems).toEqual(['workspace-privileges']);
      await expect(plan).rejects.toMatchObject({ code: 'cannot_plan' });
    }
  });

  it('need of the account of a replica that it can connect', async () => {
    await using account = await TestAccount.create({ server: mysqlB, grants: others('sterna_replica') });
    await using server = await MysqlServer.open(connectionConfig(account.server));
    await using lag = new ReplicaLag(server);
    const [row] = await server.query<{ executed: string }>('SELECT @@GLOBAL.gtid_executed AS executed');
    await lag.look(row?.executed ?? '');
    expect(lag.seconds).toEqual(expect.any(Number));
  });
});

/** What the server itself refuses to a driver. The planner asks before, so the driver is run without it. */
const REFUSED = [
  ...(['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'CREATE', 'DROP', 'ALTER', 'LOCK TABLES'] as const),
  ...(['REPLICATION SLAVE', 'XA_RECOVER_ADMIN'] as const),
];

it.each(REFUSED)('%s is needed: without it the server refuses a copy', async (missing) => {
  await using space = await TestNamespace.create('grants');
  await space.query(PLAIN_TABLE);
  await fill(space, 't', 10);
  await using account = await TestAccount.create({ grants: grantsFor(space.name, missing) });
  await using planned = await EngineChange.plan(space, 't', 'MODIFY note TEXT NOT NULL, ADD KEY n (k, id)');
  await using server = await MysqlServer.open(connectionConfig(account.server));
  const change = planned.as(server, { replicas: [], limits: BUSY_MACHINE });
  await expect(change.run()).rejects.toMatchObject({
    code: 'missing_privilege',
    message: expect.stringContaining(missing),
  });
});

it('the other privileges are needed as well: to see what a swap would leave behind, and where a binlog ends', async () => {
  await using space = await TestNamespace.create('grants');
  await space.query('CREATE TABLE p (id INT PRIMARY KEY); CREATE TRIGGER g BEFORE INSERT ON p FOR EACH ROW SET @a = 1');
  await using other = await TestNamespace.create('grants');
  await other.query(`CREATE TABLE c (id INT PRIMARY KEY, FOREIGN KEY (id) REFERENCES \`${space.name}\`.p (id))`);
  const sees = async (sql: string, without?: string): Promise<number | string> => {
    await using account = await TestAccount.create({ grants: grantsFor(space.name, without) });
    await using server = await MysqlServer.open(connectionConfig(account.server));
    return await server.query(sql, sql.includes('?') ? [space.name] : []).then(
      (rows) => rows.length,
      (error: unknown) => (error as SternaError).code,
    );
  };
  const triggers = 'SELECT 1 FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = ?';
  expect([await sees(triggers), await sees(triggers, 'TRIGGER')]).toEqual([1, 0]);
  const keys = 'SELECT 1 FROM information_schema.KEY_COLUMN_USAGE WHERE REFERENCED_TABLE_SCHEMA = ?';
  expect([await sees(keys), await sees(keys, 'REFERENCES')]).toEqual([1, 0]);
  const end = 'SHOW BINARY LOG STATUS'; // of a server without GTIDs; all are asked for it
  expect([await sees(end), await sees(end, 'REPLICATION CLIENT')]).toEqual([1, 'missing_privilege']);
});

it('no privilege is asked for that is not in one of these tests', () => {
  const others = ['TRIGGER', 'REFERENCES', 'REPLICATION CLIENT'];
  // The planner asks for INDEX as well, although the server takes ALTER for the indexes of an ALTER TABLE.
  const inTests = [...REFUSED, ...others, 'INDEX'].sort();
  expect(needed.slice(0, 2).flatMap(namesOf).sort()).toEqual(inTests);
});
