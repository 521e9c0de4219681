import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { SternaError } from '../../src/contract/index.js';
import { MysqlServer } from '../../src/mysql/index.js';
import { ROOT } from '../../tools/dev/paths.js';
import { TestAccount } from '../support/account.js';
import { entryFor, TestDataPlane } from '../support/data-plane.js';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace } from '../support/namespace.js';
import { BUSY_MACHINE, EngineChange, fill, PLAIN_TABLE } from '../support/online-change.js';
import { connectionConfig, dsn } from '../support/servers.js';
import { until } from '../support/until.js';

const TEXT = await readFile(path.join(ROOT, 'docs/operations.md'), 'utf8');
const GRANTS = [...TEXT.matchAll(/^GRANT (.+) TO sterna;( +-- optional)?/gm)].map(([, grant = '', optional]) => ({
  grant,
  optional: optional !== undefined,
}));

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
