import { afterEach, beforeEach, expect, it } from 'vitest';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace } from '../support/namespace.js';
import { EngineChange } from '../support/online-change.js';
import { connect } from '../support/servers.js';
import { until } from '../support/until.js';

let space: TestNamespace;
beforeEach(async () => {
  space = await TestNamespace.create('statements');
});
afterEach(async () => {
  await expectNoLeaks({ namespaces: [space] });
  await space.drop();
});

it('runs no statement on a table that is not as planned, and does not take another outcome for done (E5)', async () => {
  await space.query('CREATE TABLE t (id INT PRIMARY KEY)');
  await using change = await EngineChange.plan(space, 't', 'ADD COLUMN n INT');
  const { step } = change;
  const other = { ...step, tasks: step.tasks.map((task) => ({ ...task, desiredFingerprint: 'another' })) };
  await expect(change.change.runStatements(other, change.context())).rejects.toMatchObject({
    code: 'drifted',
    message: expect.stringContaining('after its statements') as string,
  });
  await space.query('ALTER TABLE t DROP COLUMN n, ADD COLUMN surprise INT');
  await expect(change.change.runStatements(step, change.context())).rejects.toMatchObject({ code: 'drifted' });
  expect(await space.query('SHOW COLUMNS FROM t')).toMatchObject([{ Field: 'id' }, { Field: 'surprise' }]);
  await change.cleanUp();
});

it('gives up a statement that does not get its lock in time, names who blocks it, and tries again (E6)', async () => {
  await space.query('CREATE TABLE t (id INT PRIMARY KEY)');
  await using change = await EngineChange.plan(space, 't', 'ADD COLUMN n INT');
  const blocker = await connect(space.server, space.name);
  await blocker.query('START TRANSACTION; SELECT * FROM t');
  const running = change.change.runStatements(change.step, change.context());
  await until(
    'the blocker is named',
    () => change.progress.some((p) => p.waitingFor?.includes(`connection ${blocker.threadId}`)),
    { timeoutMs: 8_000 },
  );
  await blocker.query('COMMIT');
  await blocker.end();
  expect(await running).toMatchObject({ outcome: 'done' });
  await change.cleanUp();
});

it('raises the counter of ids, which no definition tells, and never lowers it (E5)', async () => {
  await space.query('CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY)');
  await using change = await EngineChange.plan(space, 't', 'AUTO_INCREMENT = 500');
  const run = (): Promise<unknown> => change.change.runStatements(change.step, change.context());
  await run();
  await space.query('INSERT INTO t VALUES ()');
  expect(await space.query('SELECT id FROM t')).toEqual([{ id: 500 }]);
  await space.query('ALTER TABLE t AUTO_INCREMENT = 900');
  await run(); // as after a crash, while others went on
  await space.query('INSERT INTO t VALUES ()');
  expect(await space.query('SELECT MAX(id) AS id FROM t')).toEqual([{ id: 900 }]);
  await change.cleanUp();
});

it('runs no further statement after a stop (C2)', async () => {
  await space.query('CREATE TABLE t (id INT PRIMARY KEY)');
  await using change = await EngineChange.plan(space, 't', 'ADD COLUMN n INT');
  const blocker = await connect(space.server, space.name);
  await blocker.query('START TRANSACTION; SELECT * FROM t');
  const statements = ['ALTER TABLE t ADD COLUMN n INT', 'ALTER TABLE t ADD COLUMN m INT'];
  const step = { ...change.step, tasks: change.step.tasks.map((task) => ({ ...task, statements })) };
  const running = change.change.runStatements(step, change.context());
  const waits =
    "SELECT 1 FROM performance_schema.processlist WHERE DB = ? AND INFO LIKE 'ALTER%' AND STATE LIKE 'Waiting for%'";
  await until('the first one waits', async () => (await space.query(waits, [space.name])).length > 0);
  const since = performance.now();
  await change.control({ run: 'stop' });
  await until('the driver may look at the control row again', () => performance.now() - since > 200);
  await blocker.query('COMMIT');
  await blocker.end();
  expect(await running).toEqual({ outcome: 'stopped', swapped: [] });
  expect(await space.query('SHOW COLUMNS FROM t')).toMatchObject([{ Field: 'id' }, { Field: 'n' }]);
  await change.cleanUp();
});
