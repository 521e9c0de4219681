import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Driver } from '../../src/engine/driver.js';
import { stateTableName } from '../../src/engine/names.js';
import { StateTable, type TableRecord, type TableUpdate } from '../../src/engine/state-table.js';
import { decideSwap } from '../../src/engine/swap.js';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace } from '../support/namespace.js';
import { EngineChange, fill, PLAIN_TABLE } from '../support/online-change.js';
import { connect } from '../support/servers.js';
import { waitingForSwapLock } from '../support/swap-lock.js';
import { until } from '../support/until.js';
import { Writer } from '../support/writer.js';

let space: TestNamespace;
beforeEach(async () => {
  space = await TestNamespace.create('swap');
  await space.query(PLAIN_TABLE);
  await fill(space, 't', 2_000);
});
afterEach(async () => {
  await expectNoLeaks({ namespaces: [space] });
  await space.drop();
});

async function copied(planned = EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL')): Promise<EngineChange> {
  const change = await planned;
  await change.prepare();
  await change.copy();
  return change;
}

async function update(change: EngineChange, of: TableUpdate): Promise<void> {
  await using session = await change.server.connect();
  await new StateTable(change.step.changeId, space.name).updateTable(session, `${space.name}.t`, of);
}

const intend = (change: EngineChange): Promise<void> => update(change, { swapIntended: true });

async function record(change: EngineChange): Promise<TableRecord> {
  await using session = await change.server.connect();
  const [found] = await new StateTable(change.step.changeId, space.name).readTables(session);
  if (found === undefined) throw new Error('no record');
  return found;
}

const RENAME = 'RENAME TABLE t TO _t_sterna_old, _t_sterna_new TO t';

describe('a swap whose outcome nobody saw', () => {
  it('is found done when the names have changed (E5)', async () => {
    await using change = await copied();
    await intend(change);
    await space.query(RENAME); // and here the connection was lost
    expect(await change.cutOver()).toMatchObject({ outcome: 'done' });
    await change.cleanUp();
    expect(await space.tables()).toEqual(['t']);
    const [{ type } = { type: '' }] = await space.query<{ type: string }>(
      "SELECT COLUMN_TYPE AS type FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 't' AND COLUMN_NAME = 'k'",
    );
    expect(type).toBe('bigint');
  });

  it('is cleaned up as done when the change ends right then: the new table stays, the old one goes (E5, E7)', async () => {
    await using change = await copied();
    await intend(change);
    await space.query(RENAME);
    await change.cleanUp();
    expect(await space.tables()).toEqual(['t']);
    expect(await space.query('SELECT COUNT(*) AS n FROM t')).toEqual([{ n: '2000' }]);
  });

  it('is tried again with a constraint that has the name already which the server would give it (E5)', async () => {
    await using change = await copied(EngineChange.planned(space, 't', 'ADD CONSTRAINT t_chk_1 CHECK (k >= 0)'));
    await intend(change);
    expect(await change.cutOver()).toMatchObject({ outcome: 'done' });
    await change.cleanUp();
  });

  it('is tried again when they have not', async () => {
    await using change = await copied();
    await intend(change);
    expect(await change.cutOver()).toMatchObject({
      outcome: 'done',
      reports: { [`${space.name}.t`]: { cutoverAttempts: 1 } },
    });
    await change.cleanUp();
  });

  it.each(['t', '_t_sterna_old'])(
    'stops the change when the target shows neither, and removes nothing (E5)',
    async (changed) => {
      await using change = await copied();
      await intend(change);
      await space.query(RENAME);
      await space.query(`ALTER TABLE ${changed} ADD COLUMN surprise INT`);
      await expect(change.cutOver()).rejects.toMatchObject({ code: 'swap_undecided' });
      await expect(change.cleanUp()).rejects.toMatchObject({ code: 'swap_undecided' });
      expect(await space.tables()).toEqual(expect.arrayContaining(['t', '_t_sterna_old']));
      await space.query(`ALTER TABLE ${changed} DROP COLUMN surprise`); // an operator has looked
      await change.cleanUp();
    },
  );

  it('is undecided when the tables of one swap disagree: one RENAME changes all or none (E5)', async () => {
    await using change = await copied();
    await space.query(RENAME); // of `t` alone
    await space.query(`${PLAIN_TABLE.replace('`t`', '`u`')}; CREATE TABLE _u_sterna_new LIKE t`);
    const [t] = change.step.tasks;
    if (t === undefined) throw new Error('no task');
    const driver = await Driver.start(change.server, change.step, space.name, change.context());
    const decided = decideSwap(
      driver,
      [t, { ...t, id: `${space.name}.u`, table: 'u' }].map((task) => ({ task, namespace: space.name })),
    );
    await expect(decided).rejects.toMatchObject({ code: 'swap_undecided' });
    await driver.close();
    await intend(change);
    await change.cleanUp();
    await space.query('DROP TABLE _u_sterna_new');
  });
});

it('lets no claim pass while the decision about a swap is written (E1)', async () => {
  await using change = await copied();
  await intend(change);
  const state = `\`${stateTableName(change.step.changeId)}\``;
  const [blocker, other] = [await connect(space.server, space.name), await connect(space.server, space.name)];
  await blocker.query(`START TRANSACTION; SELECT 1 FROM ${state} WHERE id = 'table:${space.name}.t' FOR UPDATE`);
  const cutting = change.cutOver().catch((error: unknown) => error);
  const waits = `SELECT 1 FROM performance_schema.data_lock_waits w JOIN performance_schema.data_locks l
    ON l.ENGINE_LOCK_ID = w.REQUESTING_ENGINE_LOCK_ID WHERE l.OBJECT_SCHEMA = ?`;
  const waiting = async (): Promise<number> => (await space.query(waits, [space.name])).length;
  await until('the decision is being written', async () => (await waiting()) > 0, { intervalMs: 5 });
  let claimed = false;
  const claim = other.query(`UPDATE ${state} SET epoch = epoch + 1 WHERE id = 'driver'`).then(() => (claimed = true));
  await until('the claim waits', async () => claimed || (await waiting()) > 1, { intervalMs: 5 });
  const passed = claimed;
  await blocker.query('COMMIT');
  await Promise.all([claim, cutting]);
  await Promise.all([blocker.end(), other.end()]);
  await change.cleanUp();
  expect(passed).toBe(false);
});

it('a stop that comes after a swap that nobody saw is told that it comes too late (C2)', async () => {
  await using change = await copied();
  await intend(change);
  await space.query(RENAME); // and here the connection was lost
  expect(await change.control({ run: 'stop' })).toEqual([`${space.name}.t`]);
  expect(await change.cutOver()).toMatchObject({ outcome: 'stopped', swapped: [`${space.name}.t`] });
  await change.cleanUp();
});

describe('a cutover in trouble', () => {
  it('brings a large backlog over before it asks for its lock, however long that takes', async () => {
    await using change = await copied();
    vi.spyOn(Driver.prototype, 'catchUp').mockImplementationOnce(async () => {
      await space.query('DO SLEEP(6)'); // longer than its session may be silent
      return true;
    });
    expect(await change.cutOver()).toMatchObject({ outcome: 'done' });
    await change.cleanUp();
  });

  it('gives its lock up when a transaction that it waited for has changed more than writers should wait for (E6)', async () => {
    await space.query('TRUNCATE TABLE t');
    await fill(space, 't', 10_000);
    await using change = await copied();
    const application = await connect(space.server, space.name);
    await application.query('START TRANSACTION; UPDATE t SET k = k + 1');
    const cutting = change.cutOver();
    await until('it waits for the lock', () => change.progress.some((p) => p.waitingFor?.includes('connection')), {
      timeoutMs: 10_000,
    });
    await waitingForSwapLock(space);
    await application.query('COMMIT');
    await application.end();
    const outcome = await cutting;
    expect(change.progress.map((p) => p.waitingFor)).toContain('10000 rows that were changed just now');
    expect(outcome).toMatchObject({ outcome: 'done' });
    await change.cleanUp();
  });

  it('gives its lock up when what has changed just now takes long to bring over, and loses none of it (E2, E6)', async () => {
    await using change = await copied();
    // Each row of the shadow takes as long as a very wide one.
    await space.query('SET SESSION sql_log_bin = 0');
    await space.query('CREATE TRIGGER slow BEFORE INSERT ON `_t_sterna_new` FOR EACH ROW DO SLEEP(0.04)');
    await space.query('SET SESSION sql_log_bin = 1');
    let attempts = 0;
    change.reached = async (point) => {
      if (point === 'locking' && (attempts += 1) === 1) await space.query('UPDATE t SET k = k + 1 WHERE id <= 100');
    };
    expect(await change.cutOver()).toMatchObject({ outcome: 'done' });
    expect(attempts).toBeGreaterThan(1);
    expect(change.progress.map((p) => p.waitingFor)).toContain(
      'rows that were changed just now and take long to bring over',
    );
    await space.query('DROP TRIGGER slow');
    expect(await space.query('SELECT SUM(k - id) AS changed FROM t')).toEqual([{ changed: '100' }]);
    await change.cleanUp();
  });

  it('waits for several tables no longer than for one (E6)', async () => {
    await space.query(`${PLAIN_TABLE.replace('`t`', '`u`')}; INSERT INTO u SELECT * FROM t`);
    await using other = await EngineChange.plan(space, 'u', 'MODIFY k BIGINT NOT NULL');
    await using change = await copied();
    const both = { ...change.step, tasks: [...change.step.tasks, ...other.step.tasks] };
    await change.change.prepareTables(both, change.context());
    await change.change.copyTables(both, change.context());
    const [first, second] = [await connect(space.server, space.name), await connect(space.server, space.name)];
    await first.query('START TRANSACTION; SELECT * FROM t LIMIT 1');
    await second.query('START TRANSACTION; SELECT * FROM u LIMIT 1');
    const cutting = change.change.cutOver(both, change.context());
    await waitingForSwapLock(space);
    // The first table is free after a second; the limit of the server for the second one would begin only then.
    await space.query('DO SLEEP(1)');
    await first.query('COMMIT');
    await first.query('UPDATE t SET k = 1 WHERE id = 1'); // behind the lock, until it is given up
    const given = await until('it was given up', () =>
      change.entries.find(({ message }) => message === 'cutover attempt given up'),
    );
    expect(given.tookMs).toBeLessThan(2_900); // two seconds in all, not two for each table
    await second.query('COMMIT');
    expect(await cutting).toMatchObject({ outcome: 'done' });
    await Promise.all([first.end(), second.end()]);
    await change.cleanUp();
    await space.query('DROP TABLE u');
  });

  /** The outcome of a cutover; what `sql` does to the state table meanwhile is seen under the lock and not before. */
  async function whileItWaits(change: EngineChange, sql: string): Promise<unknown> {
    const state = `\`${stateTableName(change.step.changeId)}\``;
    const other = await connect(space.server, space.name);
    // Takes the right to write, so that it need not queue behind the lock later.
    await other.query(`START TRANSACTION; UPDATE ${state} SET volume = 1 WHERE id = 'none'`);
    const outcome = change.cutOver().catch((error: unknown) => error);
    await waitingForSwapLock(space);
    await other.query(`${sql.replace('state', state)}; COMMIT`);
    await other.end();
    return outcome;
  }

  it('survives the loss of its connection while it waits for its lock, and loses no write (E2, E5)', async () => {
    await using change = await copied();
    const writer = await Writer.start({ server: space.server, namespace: space.name, table: 't', rate: 100 });
    const blocker = await connect(space.server, space.name);
    const admin = await connect(space.server);
    await blocker.query('START TRANSACTION; SELECT * FROM t LIMIT 1');
    const cutting = change.cutOver();
    cutting.catch(() => undefined); // asserted below
    const id = await waitingForSwapLock(space);
    await admin.query(`KILL ${id}`);
    await expect(cutting).rejects.toMatchObject({ code: 'connection_lost' });
    expect((await record(change)).swapIntended, 'known before it is tried').toBe(true);
    await blocker.query('COMMIT');
    expect(await change.cutOver()).toMatchObject({ outcome: 'done' });
    await writer.stop();
    expect(await writer.differences(space.connection)).toEqual([]);
    await blocker.end();
    await admin.end();
    await change.cleanUp();
  });

  it('never holds writers longer than its budget while a long query blocks it, and swaps when that ends (E6)', async () => {
    await using change = await copied();
    const blocker = await connect(space.server, space.name);
    const select = blocker.query('SELECT SLEEP(5) FROM t LIMIT 1');
    const writer = await Writer.start({ server: space.server, namespace: space.name, table: 't', rate: 50 });
    const cutting = change.cutOver();
    await until('it was given up once', () => change.logged.includes('cutover attempt given up'));
    expect(change.progress.some((p) => p.waitingFor?.includes(`connection ${blocker.threadId}`))).toBe(true);
    expect(await cutting).toMatchObject({ outcome: 'done' });
    await select;
    await writer.stop();
    expect(Math.max(...writer.latencies)).toBeLessThan(4_000);
    expect(await writer.differences(space.connection)).toEqual([]);
    await blocker.end();
    await change.cleanUp();
  });

  it('gives its locks back at once when the stream is too far behind, and swaps later (E6)', async () => {
    await using change = await copied();
    const catchUp = Reflect.get(Driver.prototype, 'catchUp');
    let behind = true;
    vi.spyOn(Driver.prototype, 'catchUp').mockImplementation(function (this: Driver, session, deadline) {
      if (deadline === undefined || !behind) return catchUp.call(this, session, deadline);
      behind = false;
      return Promise.resolve(false);
    });
    const cutting = change.cutOver();
    await until('it was given up once', () => change.logged.includes('cutover attempt given up'), { intervalMs: 5 });
    const held =
      "SELECT 1 FROM performance_schema.metadata_locks WHERE OBJECT_SCHEMA = ? AND LOCK_TYPE = 'SHARED_NO_READ_WRITE'";
    expect(await space.query(held, [space.name])).toEqual([]);
    expect(await cutting).toMatchObject({ outcome: 'done', reports: { [`${space.name}.t`]: { cutoverAttempts: 2 } } });
    await change.cleanUp();
  });

  it('swaps nothing when another driver has claimed while it waited for its lock (E1)', async () => {
    await using change = await copied();
    const claim = "UPDATE state SET epoch = epoch + 1 WHERE id = 'driver'";
    expect(await whileItWaits(change, claim)).toMatchObject({ code: 'driver_replaced' });
    expect(await space.tables()).toContain('_t_sterna_new');
    await change.cleanUp();
  });

  it('swaps nothing when a stop was written while it waited for its lock (C2)', async () => {
    await using change = await copied();
    const stop = "UPDATE state SET run = 'stop' WHERE id = 'control'";
    expect(await whileItWaits(change, stop)).toMatchObject({ outcome: 'stopped', swapped: [] });
    expect(await space.tables()).toContain('_t_sterna_new');
    await change.cleanUp();
  });

  it('takes along what was committed while it waited for its lock (E3)', async () => {
    await using change = await copied();
    const application = await connect(space.server, space.name);
    await application.query("START TRANSACTION; UPDATE t SET note = 'late' WHERE id = 1; DELETE FROM t WHERE id = 2");
    const cutting = change.cutOver();
    await waitingForSwapLock(space);
    await application.query('COMMIT');
    expect(await cutting).toMatchObject({ outcome: 'done' });
    expect(await space.query('SELECT id, note FROM t WHERE id < 3')).toEqual([{ id: '1', note: 'late' }]);
    await application.end();
    await change.cleanUp();
  });

  it('refuses to swap what was not compared (E3)', async () => {
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await change.prepare();
    await expect(change.cutOver()).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('E3') as string,
    });
    expect(await space.tables()).toContain('_t_sterna_new');
    await change.cleanUp();
  });

  it('finds and repairs a row that differs without a pending change, and compares again (E3)', async () => {
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    change.expectsRepairs = true;
    await change.prepare();
    await change.control({ volume: 1 }); // slow enough to reach in
    const copying = change.copy();
    await until('some rows are there', () => change.progress.some((p) => p.phase === 'copying' && p.rows > 500), {
      intervalMs: 5,
    });
    await space.query("UPDATE `_t_sterna_new` SET note = 'corrupted' WHERE id = 1");
    await change.control({ volume: 11 });
    expect(await copying).toMatchObject({ outcome: 'done', reports: { [`${space.name}.t`]: { rowsRepaired: 1 } } });
    expect(change.logged).toContain('rows differed and were repaired; comparing again from the start');
    expect(await space.query("SELECT COUNT(*) AS n FROM `_t_sterna_new` WHERE note = 'corrupted'")).toEqual([
      { n: '0' },
    ]);
    await change.cleanUp();
  });

  it('counts a pass that repaired for nothing, also when a driver takes over in its middle or at its end (E3)', async () => {
    for (const rows of [2_000, 4_000, 8_000, 16_000])
      await space.query(`INSERT INTO t SELECT id + ${rows}, k, note FROM t`);
    await using change = await copied();
    change.expectsRepairs = true;
    const corrupt = "UPDATE `_t_sterna_new` SET note = 'corrupted' WHERE id = 1";
    await update(change, { phase: 'verifying' });
    await space.query(corrupt);
    await change.control({ volume: 1 }); // slow enough for more than one round
    const comparing = change.copy();
    await until('a round with a repair is saved', async () => (await record(change)).rowsRepaired === 1);
    await change.control({ run: 'stop', volume: 11 });
    expect(await comparing).toMatchObject({ outcome: 'stopped' });
    await change.control({ run: 'run' });

    await space.query(corrupt);
    const crash = new AbortController();
    const { log, ...context } = change.context(crash.signal);
    const warn = (_: object, message: string): void => {
      if (message.endsWith('comparing again from the start')) crash.abort(new Error('crashed on purpose'));
    };
    await expect(change.copy({ ...context, log: { ...log, warn } })).rejects.toThrow('crashed on purpose');
    await space.query(corrupt);
    expect(await change.copy()).toMatchObject({
      outcome: 'done',
      reports: { [`${space.name}.t`]: { rowsRepaired: 3 } },
    });
    await change.cleanUp();
  });
});
