import { afterEach, beforeEach, expect, it } from 'vitest';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace } from '../support/namespace.js';
import { EngineChange, fill, PLAIN_TABLE, REPAIRED } from '../support/online-change.js';
import { until } from '../support/until.js';
import { Writer } from '../support/writer.js';

const SHADOW = '`_t_sterna_new`';

let space: TestNamespace;
beforeEach(async () => {
  space = await TestNamespace.create('recheck');
  await space.query(PLAIN_TABLE);
  await fill(space, 't', 5_000);
});
afterEach(async () => {
  await expectNoLeaks({ namespaces: [space] });
  await space.drop();
});

it('a row that goes wrong while a cutover is awaited is found, repaired, and all are compared again (E3)', async () => {
  await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL', 5_000);
  change.expectsRepairs = true;
  const writer = await Writer.start({ server: space.server, namespace: space.name, table: 't', rate: 100 });
  await change.prepare();
  await change.copy();
  const holding = change.hold();
  await until('it holds', () => change.progress.at(-1)?.phase === 'holding');
  await space.query(`UPDATE ${SHADOW} SET note = 'of somebody else' WHERE id = 4321`);
  await until('it is found', () => change.logged.includes(REPAIRED));
  await until('all are compared again', () => change.progress.some(({ phase }) => phase === 'verifying'));
  await change.control({ cutover: true });
  expect(await holding).toEqual({ outcome: 'asked' });
  const outcome = await change.cutOver();
  await writer.stop();
  expect(outcome).toMatchObject({ reports: { [change.step.tasks[0]?.id ?? '']: { rowsRepaired: 1 } } });
  expect(await writer.differences(space.connection)).toEqual([]);
  expect(await space.query("SELECT COUNT(*) AS n FROM t WHERE note = 'of somebody else'")).toEqual([{ n: '0' }]);
  await change.cleanUp();
});

it('no swap passes between the repair and the comparison that it asks for, also when the driver ends there (E3)', async () => {
  await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL', 5_000);
  change.expectsRepairs = true;
  await change.prepare();
  await change.copy();
  await space.query(`DELETE FROM ${SHADOW} WHERE id = 4321`);
  change.reached = (point) =>
    point === 'committed' && change.logged.includes(REPAIRED)
      ? Promise.reject(new Error('ended right after the repair'))
      : Promise.resolve();
  await expect(change.hold()).rejects.toThrow('ended right after the repair');
  change.reached = () => Promise.resolve();
  expect(change.logged).toContain(REPAIRED);
  await change.control({ cutover: true });
  await expect(change.cutOver()).rejects.toMatchObject({ code: 'internal' });
  const compared = change.progress.length;
  expect(await change.hold()).toEqual({ outcome: 'asked' });
  expect(change.progress.slice(compared).map(({ phase }) => phase)).toContain('verifying');
  await change.cutOver();
  expect(await space.query('SELECT COUNT(*) AS n FROM t')).toEqual([{ n: '5000' }]);
  await change.cleanUp();
});

it('it goes on from table to table and over again', async () => {
  await space.query(PLAIN_TABLE.replace('`t`', 'u'));
  await fill(space, 'u', 100);
  await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL', 5_000);
  change.expectsRepairs = true;
  await using other = await EngineChange.plan(space, 'u', 'MODIFY k BIGINT NOT NULL', 100);
  const step = { ...change.step, tasks: [...change.step.tasks, ...other.step.tasks] };
  await change.change.prepareTables(step, change.context());
  await change.change.copyTables(step, change.context());
  const holding = change.change.holdTables(step, change.context());
  for (const table of ['t', 'u', 't', 'u']) {
    const before = change.logged.filter((message) => message === REPAIRED).length;
    await space.query(`DELETE FROM \`_${table}_sterna_new\` WHERE id = 50`);
    await until(`it is found in ${table}`, () => change.logged.filter((each) => each === REPAIRED).length > before);
  }
  await change.control({ cutover: true });
  expect(await holding).toEqual({ outcome: 'asked' });
  await change.change.cutOver(step, change.context());
  expect(await space.query('SELECT (SELECT COUNT(*) FROM t) AS t, (SELECT COUNT(*) FROM u) AS u')).toEqual([
    { t: '5000', u: '100' },
  ]);
  await change.change.cleanUp(step, change.context());
});
