import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { copyRows } from '../../src/engine/copy.js';
import { Driver } from '../../src/engine/driver.js';
import type { TrackedKey } from '../../src/engine/key.js';
import { stateTableName } from '../../src/engine/names.js';
import { prepareTables } from '../../src/engine/prepare.js';
import { Throttle } from '../../src/engine/throttle.js';
import { TableRows } from '../../src/engine/table-rows.js';
import { MysqlServer } from '../../src/mysql/index.js';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace } from '../support/namespace.js';
import { EngineChange, fill, PLAIN_TABLE } from '../support/online-change.js';
import { connect, connectionConfig, testServers } from '../support/servers.js';
import { until } from '../support/until.js';

let space: TestNamespace;
beforeEach(async () => {
  space = await TestNamespace.create('driver');
});
afterEach(async () => {
  vi.restoreAllMocks();
  await expectNoLeaks({ namespaces: [space] });
  await space.drop();
});

const ID_KEY: TrackedKey = { indexName: 'PRIMARY', parts: [{ name: 'id', kind: 'integer' }] };

/** The state table of a change, as the test's own connection names it. */
const stateOf = (change: EngineChange): string => `\`${stateTableName(change.step.changeId)}\``;

describe('one driver', () => {
  it('waits for what the driver before it has in flight, and ends its sessions (E1)', async () => {
    await space.query(PLAIN_TABLE);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await change.prepare();
    await using server = await MysqlServer.open(connectionConfig(space.server));
    await using old = await Driver.start(server, change.step, space.name, change.context());
    const session = await server.connect(); // one that the new driver does not know and cannot end
    let inside = false;
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const writing = old.write(session, async () => {
      inside = true;
      await finished;
    });
    await until('the old driver is in its transaction', () => inside);
    let claimed = false;
    const claiming = Driver.start(server, change.step, space.name, change.context()).then((driver) => {
      claimed = true;
      return driver;
    });
    const waits = `SELECT 1 FROM performance_schema.data_lock_waits w JOIN performance_schema.data_locks l
      ON l.ENGINE_LOCK_ID = w.REQUESTING_ENGINE_LOCK_ID WHERE l.OBJECT_SCHEMA = ?`;
    await until('it waits', async () => claimed || (await space.query(waits, [space.name])).length > 0);
    const waited = !claimed;
    finish();
    await writing;
    await using current = await claiming;
    expect(waited).toBe(true);
    await expect(old.main.query('SELECT 1')).rejects.toMatchObject({ code: 'connection_lost' });
    expect(await current.main.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await session.close();
    await change.cleanUp();
  });

  it('writes nothing more when another has claimed, neither chunks nor captured changes (E1)', async () => {
    await space.query(PLAIN_TABLE);
    await fill(space, 't', 5_000);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    // A claim whose driver cannot end the sessions of the one before.
    const claim = `UPDATE ${stateOf(change)} SET epoch = epoch + 1 WHERE id = 'driver'`;
    const copied = (): Promise<object[]> => space.query('SELECT COUNT(*) AS n FROM `_t_sterna_new`');
    await change.prepare();
    await change.control({ volume: 1 });
    const copying = change.copy();
    copying.catch(() => undefined); // asserted below
    await until('it copies', () => change.progress.some((p) => p.phase === 'copying' && p.rows > 0), { intervalMs: 5 });
    await space.query(claim);
    const before = await copied();
    await expect(copying).rejects.toMatchObject({ code: 'driver_replaced' });
    expect(await copied()).toEqual(before);

    await change.control({ volume: 11 });
    await change.copy();
    const holding = change.hold();
    holding.catch(() => undefined); // asserted below
    await until('it holds', () => change.progress.some((p) => p.phase === 'holding'));
    await space.query(`START TRANSACTION; UPDATE t SET note = 'new' WHERE id = 7; ${claim}; COMMIT`);
    await expect(holding).rejects.toMatchObject({ code: 'driver_replaced' });
    expect(await space.query("SELECT id FROM `_t_sterna_new` WHERE note = 'new'")).toEqual([]);
    await change.cleanUp();
  });

  it('writes nothing at all when another has claimed before it begins (E1)', async () => {
    await space.query(PLAIN_TABLE);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await using server = await MysqlServer.open(connectionConfig(space.server));
    const replaced = async (): Promise<Driver> => {
      const driver = await Driver.start(server, change.step, space.name, change.context());
      await space.query(`UPDATE ${stateOf(change)} SET epoch = epoch + 1 WHERE id = 'driver'`);
      return driver;
    };
    const refused = { code: 'driver_replaced' };
    {
      await using driver = await replaced();
      const tasks = change.step.tasks.map((task) => ({ task, namespace: space.name }));
      const ddl = (): never => {
        throw new Error('Expected no statement.');
      };
      await expect(prepareTables(driver, tasks, ddl, 5)).rejects.toMatchObject(refused);
      expect(await driver.state.readTables(driver.main)).toEqual([]);
    }
    await change.prepare();
    await space.query("INSERT INTO `_t_sterna_new` VALUES (1, 1, 'of the driver after it')");
    await using driver = await replaced();
    const records = await driver.state.readTables(driver.main);
    for (const record of records) {
      const table = { rows: new TableRows('t', space.name, 't', ID_KEY, [], []), record, estimatedRows: 0 };
      await using throttle = await Throttle.start(driver, { replicas: [], limits: {} });
      await expect(copyRows(driver, throttle, table, [], [])).rejects.toMatchObject(refused);
      await expect(driver.save(undefined, { [record.taskId]: { rowsCopied: 7 } })).rejects.toMatchObject(refused);
    }
    expect(await space.query('SELECT id FROM `_t_sterna_new`')).toEqual([{ id: '1' }]);
    expect(await driver.state.readTables(driver.main)).toEqual(records);
    await change.cleanUp();
  });

  it('saves position and progress together or not at all (E4)', async () => {
    await space.query(PLAIN_TABLE);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await change.prepare();
    const state = stateOf(change);
    const position = `SELECT position FROM ${state} WHERE id = 'driver'`;
    const before = await space.query(position);
    await space.query(
      `CREATE TRIGGER refuse BEFORE UPDATE ON ${state} FOR EACH ROW BEGIN IF NEW.record IS NOT NULL THEN SIGNAL SQLSTATE '45000'; END IF; END`,
    );
    await using server = await MysqlServer.open(connectionConfig(space.server));
    await using driver = await Driver.start(server, change.step, space.name, change.context());
    const batch = { keys: new Map(), fence: '', position: 'further' };
    await expect(driver.save(batch, { [`${space.name}.t`]: { rowsCopied: 7 } })).rejects.toThrow();
    expect(await space.query(position)).toEqual(before);
    await change.cleanUp();
  });

  it('gives the lock up when the stream does not catch up in time (E6)', async () => {
    await space.query(PLAIN_TABLE);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await change.prepare();
    await using driver = await Driver.start(change.server, change.step, space.name, change.context());
    await driver.capture([new TableRows('t', space.name, 't', ID_KEY, [], [])]);
    expect(await driver.catchUp(driver.main, performance.now() + 5_000)).toBe(true);
    // What another server has committed comes in no stream of this one.
    await using elsewhere = await TestNamespace.create('elsewhere', testServers().mysqlB);
    await using other = await MysqlServer.open(connectionConfig(elsewhere.server));
    await using session = await other.connect();
    expect(await driver.catchUp(session, performance.now() + 100)).toBe(false);
    await change.cleanUp();
  });
});

describe('the order of a round', () => {
  /** A session that waits for a row of the shadow. */
  const waits = `SELECT t.PROCESSLIST_ID AS id FROM performance_schema.data_lock_waits w
    JOIN performance_schema.data_locks l ON l.ENGINE_LOCK_ID = w.REQUESTING_ENGINE_LOCK_ID
    JOIN performance_schema.threads t ON t.THREAD_ID = l.THREAD_ID
    WHERE l.OBJECT_SCHEMA = ? AND l.OBJECT_NAME = '_t_sterna_new'`;
  const waiting = (): Promise<number | undefined> =>
    until('it waits', async () => (await space.query<{ id: number }>(waits, [space.name]))[0]?.id);

  /** A copy of 8,000 rows whose first chunk is in the shadow, slow enough to reach in. */
  async function copying(): Promise<{ change: EngineChange; copy: Promise<unknown> }> {
    await space.query(PLAIN_TABLE);
    await fill(space, 't', 8_000);
    const change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await change.prepare();
    await change.control({ volume: 1 });
    const copy = change.copy();
    copy.catch(() => undefined); // asserted by the test
    await until('it copies', () => change.progress.some((p) => p.phase === 'copying' && p.rows > 0), { intervalMs: 5 });
    return { change, copy };
  }

  it('saves no position before the keys up to it are flushed (E2, E4)', async () => {
    const { change, copy } = await copying();
    await using _ = change;
    const saved = `SELECT 1 FROM ${stateOf(change)} WHERE record->'$.watermark' IS NOT NULL`;
    await until('a round is saved', async () => (await space.query(saved)).length > 0, { intervalMs: 5 });
    const blocker = await connect(space.server, space.name);
    await blocker.query('START TRANSACTION; SELECT * FROM `_t_sterna_new` WHERE id = 1 FOR UPDATE');
    await space.query("UPDATE t SET note = 'changed' WHERE id = 1");
    await space.query(`KILL ${await waiting()}`); // in the middle of the flush
    await expect(copy).rejects.toMatchObject({ code: 'connection_lost' });
    await blocker.query('ROLLBACK');
    await blocker.end();
    await change.control({ volume: 11 });
    await change.copy();
    expect(await space.query('SELECT note FROM `_t_sterna_new` WHERE id = 1')).toEqual([{ note: 'changed' }]);
    expect(change.logged).toEqual([]); // and not merely repaired by the comparison
    await change.cleanUp();
  });

  it('flushes when every chunk of the round has ended, so that a slow one brings no deleted row back (E2)', async () => {
    vi.spyOn(AbortSignal, 'timeout').mockReturnValue(new AbortController().signal); // a chunk may take as long as it takes
    const { change, copy } = await copying();
    await using _ = change;
    const blocker = await connect(space.server, space.name);
    await blocker.query("START TRANSACTION; INSERT INTO `_t_sterna_new` (id, k, note) VALUES (1700, 1, 'in the way')");
    await waiting();
    const since = performance.now();
    await space.query('DELETE FROM t WHERE id IN (1701, 1702)'); // which the chunk has yet to write, and has read before
    // By then a flush that did not wait for the chunk would have seen the deletion.
    await until('a round is over', () => performance.now() - since > 1_800);
    await change.control({ volume: 11 });
    await blocker.query('ROLLBACK');
    await blocker.end();
    await copy;
    expect(await space.query('SELECT COUNT(*) AS n FROM `_t_sterna_new`')).toEqual([{ n: '7998' }]);
    expect(change.logged).toEqual([]); // and not merely repaired by the comparison
    await change.cleanUp();
  });
});

describe('what a driver is told', () => {
  it('an older control never overwrites a newer one, and a newer one comes with the next step (C1)', async () => {
    await space.query(PLAIN_TABLE);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    const { step } = change;
    const control = { ...step.control, sequence: 7, volume: 3 };
    await change.change.writeControl({ ...step, control }, change.context());
    await change.change.writeControl({ ...step, control: { ...control, sequence: 6, run: 'stop' } }, change.context());
    const row = `SELECT sequence, run, volume FROM ${stateOf(change)} WHERE id = 'control'`;
    expect(await space.query(row)).toEqual([{ sequence: '7', run: 'run', volume: 3 }]);
    const stopped = { ...step, control: { ...control, sequence: 8, run: 'stop' as const } };
    const outcome = await change.change.prepareTables(stopped, change.context());
    expect(outcome).toEqual({ outcome: 'stopped', swapped: [] });
    await change.cleanUp();
  });

  it('a drain ends the copy within a round, and what was copied is kept (S4)', async () => {
    await space.query(PLAIN_TABLE);
    await fill(space, 't', 8_000);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await change.prepare();
    await change.control({ volume: 1 });
    const drain = new AbortController();
    const copy = change.copy(change.context(undefined, drain.signal));
    await until('it copies', () => change.progress.some((p) => p.phase === 'copying' && p.rows > 0), { intervalMs: 5 });
    drain.abort();
    expect(await copy).toEqual({ outcome: 'handover' });
    await change.control({ volume: 11 });
    const before = change.progress.length;
    await change.copy();
    expect(change.progress[before]?.rows).toBeGreaterThan(0);
    await change.cleanUp();
  });
});
