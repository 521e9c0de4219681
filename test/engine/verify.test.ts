import { afterEach, beforeEach, expect, it } from 'vitest';
import { StateTable, type TableRecord } from '../../src/engine/state-table.js';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace } from '../support/namespace.js';
import { EngineChange, fill, PLAIN_TABLE, REPAIRED } from '../support/online-change.js';
import { until } from '../support/until.js';

const SHADOW = '`_t_sterna_new`';

let space: TestNamespace;
beforeEach(async () => {
  space = await TestNamespace.create('verify');
  await space.query(PLAIN_TABLE);
});
afterEach(async () => {
  await expectNoLeaks({ namespaces: [space] });
  await space.drop();
});

/** A change that has copied its rows and is to compare them, slowly. */
async function toBeCompared(rows: number, alter: string): Promise<EngineChange> {
  await fill(space, 't', rows);
  const change = await EngineChange.plan(space, 't', alter);
  await change.prepareToCompare();
  return change;
}

const stateOf = (change: EngineChange): StateTable => new StateTable(change.step.changeId, space.name);

async function record(change: EngineChange): Promise<TableRecord | undefined> {
  await using session = await change.server.connect();
  return (await stateOf(change).readTables(session))[0];
}

it('a pass counts for nothing from the commit of a repair on, also when the driver ends right there (E3)', async () => {
  await using change = await toBeCompared(32_000, 'MODIFY k BIGINT NOT NULL');
  change.expectsRepairs = true;
  await space.query(`UPDATE ${SHADOW} SET note = 'corrupted' WHERE id = 32000`);
  change.reached = (point) =>
    point === 'committed' && change.logged.includes(REPAIRED)
      ? Promise.reject(new Error('ended right after the repair'))
      : Promise.resolve();
  const comparing = change.copy();
  comparing.catch(() => undefined); // asserted below
  await until('some rows were compared equal', async () => (await record(change))?.checked, { intervalMs: 20 });
  await expect(comparing).rejects.toThrow('ended right after the repair');
  change.reached = () => Promise.resolve();
  expect(await record(change)).toMatchObject({ phase: 'verifying', rowsRepaired: 1 });
  await space.query(`UPDATE ${SHADOW} SET note = 'corrupted' WHERE id = 1`); // compared before
  await change.control({ volume: 11 });
  expect(await change.copy()).toMatchObject({ outcome: 'done', reports: { [`${space.name}.t`]: { rowsRepaired: 2 } } });
  await change.cleanUp();
});

it('a row that does not fit is named also when it comes while rows are compared', async () => {
  await using change = await toBeCompared(5_000, 'MODIFY k SMALLINT NOT NULL');
  // Each row takes so long that the server is asked other things meanwhile.
  await space.query('SET SESSION sql_log_bin = 0');
  await space.query(`CREATE TRIGGER slow BEFORE INSERT ON ${SHADOW} FOR EACH ROW DO SLEEP(0.005)`);
  await space.query('SET SESSION sql_log_bin = 1');
  const before = change.progress.length;
  const comparing = change.copy();
  comparing.catch(() => undefined); // asserted below
  await until('it compares', () => change.progress.length > before, { intervalMs: 5 });
  await space.query('UPDATE t SET k = IF(id = 150, 70000, k + 1) WHERE id BETWEEN 101 AND 300');
  await expect(comparing).rejects.toMatchObject({
    code: 'row_does_not_fit',
    message: expect.stringContaining('the row (`id`) = (150)') as string,
  });
  await change.cleanUp();
});
