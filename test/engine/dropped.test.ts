import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { atTime, isPast, parseDroppedName, plannedDroppedName, type PlannedTask } from '../../src/contract/index.js';
import { DroppedTables } from '../../src/engine/index.js';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace } from '../support/namespace.js';
import { EngineChange, PLAIN_TABLE } from '../support/online-change.js';
import { connect } from '../support/servers.js';

describe('the name of a dropped table', () => {
  it('is planned without a time and says until when it is kept', () => {
    const planned = `RENAME TABLE \`t\` TO \`${plannedDroppedName('t')}\``;
    const now = Date.UTC(2026, 2, 1, 10, 15);
    expect(planned).toBe('RENAME TABLE `t` TO `_t_sterna_dropped_{now+7d}`');
    expect(atTime(planned, now)).toBe('RENAME TABLE `t` TO `_t_sterna_dropped_20260308101500`');
    expect(parseDroppedName('_a_sterna_dropped_b_sterna_dropped_20260308101500')).toEqual({
      table: 'a_sterna_dropped_b',
      until: '20260308101500',
    });
    for (const other of ['_t_sterna_old', '_t_sterna_dropped_1', 't_sterna_dropped_20260308101500'])
      expect(parseDroppedName(other)).toBeNull();
    expect(isPast('20260308101500', now + 7 * 86_400_000)).toBe(false);
    expect(isPast('20260308101500', now + 7 * 86_400_000 + 1_000)).toBe(true);
  });

  it('is not longer than the server takes', () => {
    expect(plannedDroppedName('x'.repeat(33))).not.toBeNull();
    expect(plannedDroppedName('x'.repeat(34))).toBeNull();
  });
});

describe('a dropped table', () => {
  let space: TestNamespace;
  beforeEach(async () => {
    space = await TestNamespace.create('dropped');
    await space.query(`${PLAIN_TABLE}; INSERT INTO t VALUES (1, 1, 'kept')`);
  });
  afterEach(async () => {
    await expectNoLeaks({ namespaces: [space] });
    await space.drop();
  });

  const OLD = '_gone_sterna_dropped_20200101000000';
  const YOUNG = '_young_sterna_dropped_29990101000000';

  async function drop(table = 't'): Promise<EngineChange> {
    const change = await EngineChange.plan(space, table, 'COMMENT = "as it is"');
    const [task] = change.step.tasks;
    const dropping: PlannedTask = {
      ...(task as PlannedTask),
      action: 'drop',
      execution: 'direct',
      statements: [`RENAME TABLE \`${table}\` TO \`${plannedDroppedName(table)}\``],
      desiredDefinition: null,
      desiredFingerprint: null,
    };
    const step = { ...change.step, tasks: [dropping], last: true };
    expect(await change.change.runStatements(step, change.context())).toMatchObject({ outcome: 'done' });
    expect(await change.change.runStatements(step, change.context()), 'run again').toMatchObject({ outcome: 'done' });
    return change;
  }

  it('is kept under another name with its rows, and comes back, run twice or not (E5)', async () => {
    await using change = await drop();
    const [name = ''] = await space.tables();
    expect(parseDroppedName(name)?.table).toBe('t');
    const tables = new DroppedTables(change.server, (namespace) => namespace);
    expect(await tables.find(space.name, 't')).toBe(name);
    expect(await tables.find(space.name, 'u')).toBeNull();
    await tables.restore(space.name, 't', name);
    await tables.restore(space.name, 't', name);
    expect(await space.tables()).toEqual(['t']);
    expect(await space.query('SELECT note FROM t')).toEqual([{ note: 'kept' }]);
  });

  it('replaces no table that has its name by now, and is found newest first', async () => {
    await using change = await drop();
    await space.query(PLAIN_TABLE);
    await space.query('CREATE TABLE _t_sterna_dropped_20200101000000 (id INT PRIMARY KEY)');
    const tables = new DroppedTables(change.server, (namespace) => namespace);
    const name = (await tables.find(space.name, 't')) ?? '';
    expect(name > '_t_sterna_dropped_20200101000000').toBe(true);
    const refused = { code: 'undrop_refused', message: expect.stringContaining(name) as string };
    await expect(tables.restore(space.name, 't', name)).rejects.toMatchObject(refused);
    await space.query('DROP TABLE t');
    await expect(tables.restore(space.name, 't', '_t_sterna_dropped_20190101000000')).rejects.toMatchObject({
      code: 'undrop_refused',
    });
    await space.query(`DROP TABLE \`${name}\`, _t_sterna_dropped_20200101000000`);
  });

  it('is removed by the next change of its schema once its time is over, and not before (E7)', async () => {
    await space.query(`CREATE TABLE ${OLD} (id INT PRIMARY KEY); CREATE TABLE ${YOUNG} (id INT PRIMARY KEY)`);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await change.run();
    expect(await space.tables()).toEqual([YOUNG, 't']);
    await space.query(`DROP TABLE ${YOUNG}`);
  });

  it('that somebody still uses does not hold up the change that would remove it', async () => {
    await space.query(`CREATE TABLE ${OLD} (id INT PRIMARY KEY)`);
    const user = await connect(space.server, space.name);
    await user.query(`START TRANSACTION; SELECT * FROM ${OLD}`);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await change.run();
    expect(await space.tables()).toEqual([OLD, 't']);
    expect(change.logged).toContain('a dropped table that was kept long enough is in use; it stays');
    await user.end();
    await space.query(`DROP TABLE ${OLD}`);
  });
});
