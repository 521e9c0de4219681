import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DirectLimits, PlannedTask } from '../../src/contract/index.js';
import { MysqlServer } from '../../src/mysql/index.js';
import { planChange } from '../../src/planner/index.js';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace } from '../support/namespace.js';
import { MysqlProcess } from '../support/mysql-process.js';
import { EngineChange } from '../support/online-change.js';
import { connectionConfig, testServers } from '../support/servers.js';
import { dependencies, request } from './planning.js';

let space: TestNamespace;
let server: MysqlServer;
beforeEach(async () => {
  space = await TestNamespace.create('direct');
  server = await MysqlServer.open(connectionConfig(testServers().mysqlA));
});
afterEach(async () => {
  await server.close();
  await expectNoLeaks({ namespaces: [space] });
  await space.drop();
});

async function planned(alter: string, direct: DirectLimits = { rows: 10 }): Promise<PlannedTask> {
  const statements = { [space.name]: [`ALTER TABLE t ${alter}`] };
  const { tasks } = await planChange(dependencies(server), request({ statements, direct }));
  const [task] = tasks;
  if (task === undefined) throw new Error('Expected a task.');
  return task;
}

async function run(task: PlannedTask, meanwhile: () => Promise<unknown> = () => Promise.resolve()): Promise<unknown> {
  const own = await MysqlServer.open(connectionConfig(testServers().mysqlA));
  await using change = EngineChange.of(space, task, own);
  await meanwhile();
  try {
    return await change.change.runStatements(change.step, change.context());
  } finally {
    await change.cleanUp();
  }
}

describe('a small table is changed by the server itself', () => {
  it('when it is under every limit that is set', async () => {
    await space.query('CREATE TABLE t (id INT PRIMARY KEY, k INT)');
    await space.query('INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)');
    const type = 'MODIFY k BIGINT';
    expect(await planned(type, {})).toMatchObject({ execution: 'copy' });
    expect(await planned(type, { rows: 3 })).toMatchObject({ execution: 'copy' });
    expect(await planned(type, { rows: 4, bytes: 1_000 })).toMatchObject({ execution: 'copy' });
    expect(await planned('ADD COLUMN n INT', { rows: 4 })).toMatchObject({ execution: 'instant' });
    const task = await planned(type, { rows: 4, bytes: 1_000_000 });
    expect(task).toMatchObject({ execution: 'direct', safety: 'safe', directLimits: { rows: 4, bytes: 1_000_000 } });
    expect(await run(task)).toMatchObject({ outcome: 'done' });
    expect(
      await space.query(
        'SELECT DATA_TYPE AS type FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND COLUMN_NAME = "k"',
        [space.name],
      ),
    ).toEqual([{ type: 'bigint' }]);
  });

  it('unless it has outgrown them when its turn comes', async () => {
    await space.query('CREATE TABLE t (id INT PRIMARY KEY, k INT)');
    const task = await planned('MODIFY k BIGINT', { rows: 2 });
    const grow = (): Promise<unknown> => space.query('INSERT INTO t VALUES (1, 1), (2, 2)');
    await expect(run(task, grow)).rejects.toMatchObject({
      code: 'table_grew',
      message: expect.stringContaining('2 rows') as string,
    });
    expect(String((await space.query('SHOW CREATE TABLE t'))[0]?.['Create Table'])).toContain('`k` int DEFAULT NULL');
  });

  it.each([
    ['a foreign key of its own', 'id INT PRIMARY KEY, k INT, FOREIGN KEY (id) REFERENCES p (id)', 'MODIFY k BIGINT'],
    ['no key', 'id INT, k INT', 'MODIFY k BIGINT'],
    ['a check that keeps its name', 'id INT PRIMARY KEY, k INT, CONSTRAINT positive CHECK (k > 0)', 'MODIFY k BIGINT'],
    ['members that change their place', "id INT PRIMARY KEY, k ENUM('1', '2')", "MODIFY k ENUM('2', '1')"],
    ['its primary key', 'id INT PRIMARY KEY, k INT', 'DROP PRIMARY KEY, ADD PRIMARY KEY (k), DROP COLUMN id'],
  ])('although it has %s', async (_, columns, alter) => {
    await space.query('CREATE TABLE p (id INT PRIMARY KEY)');
    await space.query('INSERT INTO p VALUES (1), (2)');
    await space.query(`CREATE TABLE t (${columns})`);
    await space.query('INSERT INTO t (id, k) VALUES (1, 1), (2, 2)');
    expect(await planned(alter, {})).toMatchObject({ safety: 'blocked' });
    const task = await planned(alter);
    expect(task).toMatchObject({ execution: 'direct' });
    expect(task.safety).not.toBe('blocked');
    expect(await run(task)).toMatchObject({ outcome: 'done' });
    expect(
      (await space.query('SELECT k + 0 AS n, CONCAT(k) AS k FROM t ORDER BY CONCAT(k)')).map(({ k }) => k),
    ).toEqual(['1', '2']);
  });

  it('with a foreign key that points to it, and with triggers that still find their columns', async () => {
    await space.query('CREATE TABLE t (id INT PRIMARY KEY, k INT, gone INT)');
    await space.query('CREATE TABLE c (id INT PRIMARY KEY, FOREIGN KEY (id) REFERENCES t (id))');
    await space.query('CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.gone = 1');
    expect(await planned('DROP COLUMN gone, MODIFY k BIGINT')).toMatchObject({
      safety: 'blocked',
      reasons: [{ code: 'trigger' }, { code: 'drops-column' }],
    });
    expect(await planned('RENAME COLUMN gone TO other, MODIFY k BIGINT')).toMatchObject({ safety: 'blocked' });
    const task = await planned('MODIFY k BIGINT');
    expect(task).toMatchObject({ execution: 'direct', safety: 'safe' });
    await run(task);
    await space.query('INSERT INTO t (id) VALUES (1)');
    expect(await space.query('SELECT * FROM t')).toEqual([{ id: 1, k: null, gone: 1 }]);
  });

  it('which refuses what does not fit, whatever its sql_mode, and leaves the table as it was', async () => {
    await using lenient = await MysqlProcess.start({ options: ['--sql-mode='] });
    const own = await TestNamespace.create('lenient', lenient.server);
    await own.query('CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20))');
    await own.query("INSERT INTO t VALUES (1, 'longer than that')");
    const there = await MysqlServer.open(connectionConfig(lenient.server));
    const statements = { [own.name]: ['ALTER TABLE t MODIFY name VARCHAR(5)'] };
    const { tasks } = await planChange(dependencies(there), request({ statements, direct: { rows: 10 } }));
    const [task] = tasks;
    if (task === undefined) throw new Error('Expected a task.');
    await using change = EngineChange.of(own, task, there);
    const running = change.change.runStatements(change.step, change.context());
    await expect(running).rejects.toMatchObject({ code: 'sql_error' });
    expect(await own.query('SELECT * FROM t')).toEqual([{ id: 1, name: 'longer than that' }]);
    await own.connection.end();
  });
});
