import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SternaError } from '../../src/contract/index.js';
import { MysqlServer } from '../../src/mysql/index.js';
import { Driver } from '../../src/engine/driver.js';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace } from '../support/namespace.js';
import { EngineChange, fill, PLAIN_TABLE } from '../support/online-change.js';
import { connect, connectionConfig } from '../support/servers.js';
import { until } from '../support/until.js';

let space: TestNamespace;
beforeEach(async () => {
  space = await TestNamespace.create('claim');
});
afterEach(async () => {
  await expectNoLeaks({ namespaces: [space] });
  await space.drop();
});

describe('a claim', () => {
  it('refuses every write of a driver whose epoch is over (E1)', async () => {
    await space.query(PLAIN_TABLE);
    await fill(space, 't', 100);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await change.prepare();
    await using server = await MysqlServer.open(connectionConfig(space.server));
    await using old = await Driver.start(server, change.step, space.name, change.context());
    const session = await server.connect(); // one that the new driver does not know and cannot end
    try {
      await using current = await Driver.start(server, change.step, space.name, change.context());
      expect(current.epoch).toBeGreaterThan(old.epoch);
      const writing = old.write(session, () =>
        session.execute(`INSERT INTO \`${space.name}\`.\`_t_sterna_new\` (id, k, note) VALUES (1, 1, 'late')`),
      );
      await expect(writing).rejects.toMatchObject({ code: 'driver_replaced' });
    } finally {
      await session.close();
    }
    expect(await space.query('SELECT * FROM `_t_sterna_new`')).toEqual([]);
    await change.cleanUp();
  });

  it('defines nothing either once its epoch is over, on no connection, even after its change has ended (E1)', async () => {
    await space.query(PLAIN_TABLE);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await change.prepare();
    await using server = await MysqlServer.open(connectionConfig(space.server));
    // As of a worker that was frozen, and goes on when others have taken its work over.
    await using old = await Driver.start(server, change.step, space.name, change.context());
    await using session = await server.connect();
    const drop = `DROP TABLE \`${space.name}\`.\`_t_sterna_new\``;
    await (await Driver.start(server, change.step, space.name, change.context())).close();
    await expect(old.runDdl(session, drop)).rejects.toMatchObject({ code: 'driver_replaced' });
    await change.cleanUp();
    await using later = await EngineChange.plan(space, 't', 'MODIFY note VARCHAR(300) NOT NULL');
    await later.prepare();
    await expect(old.runDdl(session, drop)).rejects.toThrow();
    expect(await space.tables()).toContain('_t_sterna_new');
    await later.cleanUp();
    await session.close();
  });

  it('brings nothing back of a change that has ended, when nobody wants its work any more (S1, E7)', async () => {
    await space.query(PLAIN_TABLE);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    // As of an attempt that was frozen before it began, and a control that was on its way meanwhile.
    const late = { ...change.context(), confirm: () => Promise.reject(new SternaError('driver_replaced', 'late')) };
    for (const work of [
      () => change.change.runStatements(change.step, late),
      () => change.change.writeControl(change.step, late),
      () => change.change.prepareTables(change.step, late),
    ])
      await expect(work()).rejects.toMatchObject({ code: 'driver_replaced' });
    expect(await space.tables()).toEqual(['t']);
    expect(String((await space.query('SHOW CREATE TABLE t'))[0]?.['Create Table'])).toContain('`k` int NOT NULL');
    // What is there already is somebody else's.
    await change.prepare();
    await expect(change.change.copyTables(change.step, late)).rejects.toMatchObject({ code: 'driver_replaced' });
    expect(await change.copy()).toMatchObject({ outcome: 'done' });
    await change.cleanUp();
  });

  it('takes over only when no statement of an earlier one is under way (E1)', async () => {
    await space.query(PLAIN_TABLE);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await change.prepare();
    await using server = await MysqlServer.open(connectionConfig(space.server));
    await using old = await Driver.start(server, change.step, space.name, change.context());
    await using session = await server.connect(); // the new driver cannot end it
    const blocker = await connect(space.server, space.name);
    await blocker.query('START TRANSACTION');
    await blocker.query('SELECT * FROM t');
    const altering = old.runDdl(session, `ALTER TABLE \`${space.name}\`.t ADD COLUMN n INT`);
    await until('the statement waits', async () => {
      const rows = await space.query(
        'SELECT 1 FROM performance_schema.processlist WHERE ID = ? AND INFO LIKE "ALTER%"',
        [session.threadId],
      );
      return rows.length > 0;
    });
    await expect(Driver.start(server, change.step, space.name, change.context())).rejects.toMatchObject({
      code: 'lock_not_granted',
    });
    await blocker.query('COMMIT');
    await altering;
    const current = await Driver.start(server, change.step, space.name, change.context());
    expect(current.epoch).toBe(old.epoch + 1);
    await current.close();
    await session.close();
    await blocker.end();
    await space.query('ALTER TABLE t DROP COLUMN n');
    await change.cleanUp();
  });
});
