import { afterAll, beforeAll, expect, it } from 'vitest';
import { MysqlProcess } from '../support/mysql-process.js';
import { TestNamespace } from '../support/namespace.js';
import { EngineChange, fill, PLAIN_TABLE } from '../support/online-change.js';
import { until } from '../support/until.js';

const SMALLEST_LOG = 65_536;

let server: MysqlProcess;
beforeAll(async () => {
  server = await MysqlProcess.start({ options: [`--innodb-online-alter-log-max-size=${SMALLEST_LOG}`] });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

it('builds indexes while more rows change than the server can note during a build (E2)', async () => {
  await using space = await TestNamespace.create('build', server.server);
  await space.query(PLAIN_TABLE.replace(', KEY k (k)', ''));
  await fill(space, 't', 80_000);
  await using change = await EngineChange.plan(
    space,
    't',
    'MODIFY k BIGINT NOT NULL, ADD KEY a (note, k), ADD KEY b (note, k, id), ADD KEY c (k, note), ADD KEY d (note)',
  );
  await change.prepare();
  const isBuilding = async (): Promise<boolean> =>
    (await space.query("SELECT 1 FROM performance_schema.processlist WHERE INFO LIKE 'ALTER TABLE%ADD KEY%'")).length >
    0;
  const copying = change.copy();
  copying.catch(() => undefined); // asserted below
  await until('the indexes are being built', isBuilding, { intervalMs: 5 });
  await space.query('UPDATE t SET k = k + 1000000 WHERE id <= 25000');
  expect(await isBuilding(), 'while so many rows changed').toBe(true);
  expect(await copying).toMatchObject({ outcome: 'done' });
  await change.cutOver();
  await change.cleanUp();
  expect(await space.query('SELECT COUNT(*) AS n FROM t WHERE id <= 25000 AND k > 1000000')).toEqual([{ n: '25000' }]);
}, 120_000);
