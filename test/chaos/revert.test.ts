import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stateTableName } from '../../src/engine/names.js';
import { FORTH, renameStatement } from '../../src/engine/swap.js';
import { StateTable, type TableUpdate } from '../../src/engine/state-table.js';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace } from '../support/namespace.js';
import { EngineChange, fill, PLAIN_TABLE } from '../support/online-change.js';
import { connect } from '../support/servers.js';
import { waitingForSwapLock } from '../support/swap-lock.js';
import { until } from '../support/until.js';
import { Writer } from '../support/writer.js';

let space: TestNamespace;
beforeEach(async () => {
  space = await TestNamespace.create('undo');
  await space.query(PLAIN_TABLE);
  await fill(space, 't', 1_000);
});
afterEach(async () => {
  await expectNoLeaks({ namespaces: [space] });
  await space.drop();
});

async function swapped(alter = 'MODIFY k BIGINT NOT NULL'): Promise<EngineChange> {
  const change = await EngineChange.plan(space, 't', alter);
  await change.prepare();
  await change.copy();
  await change.cutOver();
  return change;
}

async function update(change: EngineChange, of: TableUpdate): Promise<void> {
  await using session = await change.server.connect();
  await new StateTable(change.step.changeId, space.name).updateTable(session, `${space.name}.t`, of);
}

const typeOfK = async (): Promise<string> =>
  String((await space.query<{ Type: string }>("SHOW COLUMNS FROM t LIKE 'k'"))[0]?.Type);

const BACK = 'RENAME TABLE t TO _t_sterna_new, _t_sterna_old TO t';

describe('a swap back whose outcome nobody saw', () => {
  it('is found done when the names have changed (E5)', async () => {
    await using change = await swapped();
    await update(change, { revertIntended: true });
    await space.query(BACK); // and here the connection was lost
    expect(await change.control({ run: 'run' }), 'told to whoever asks').toEqual([]);
    expect(await change.revert()).toEqual({ outcome: 'done', reports: {} });
    expect(await change.revert(), 'and again').toEqual({ outcome: 'done', reports: {} });
    await change.cleanUp();
    expect(await space.tables()).toEqual(['t']);
    expect(await typeOfK()).toBe('int');
  });

  it('is cleaned up as done when the change ends right then (E5, E7)', async () => {
    await using change = await swapped();
    await update(change, { revertIntended: true });
    await space.query(BACK);
    await change.cleanUp();
    expect(await space.tables()).toEqual(['t']);
    expect(await typeOfK()).toBe('int');
    expect(await space.query('SELECT COUNT(*) AS n FROM t')).toEqual([{ n: '1000' }]);
  });

  it('is tried again when they have not, with what was written meanwhile (E2, E5)', async () => {
    await using change = await swapped();
    await update(change, { revertIntended: true });
    await space.query("UPDATE t SET note = 'late' WHERE id = 1");
    expect(await change.revert()).toEqual({ outcome: 'done', reports: {} });
    await change.cleanUp();
    expect(await typeOfK()).toBe('int');
    expect(await space.query('SELECT note FROM t WHERE id = 1')).toEqual([{ note: 'late' }]);
  });

  it('ends nothing when the target shows neither, and removes nothing (E5)', async () => {
    await using change = await swapped();
    await update(change, { revertIntended: true });
    await space.query(BACK);
    await space.query('ALTER TABLE t ADD COLUMN surprise INT');
    await expect(change.revert()).rejects.toMatchObject({ code: 'swap_undecided' });
    await expect(change.cleanUp()).rejects.toMatchObject({ code: 'swap_undecided' });
    expect(await space.tables()).toEqual(expect.arrayContaining(['t', '_t_sterna_new']));
    await space.query('ALTER TABLE t DROP COLUMN surprise');
    await change.cleanUp();
  });
});

it('guards from the RENAME on, although nobody saw the swap done (E4, E5)', async () => {
  await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL, DROP COLUMN note');
  await change.prepare();
  await change.copy();
  await update(change, { swapIntended: true });
  await space.query(renameStatement([{ namespace: space.name, table: 't' }], FORTH)); // and here the connection was lost
  await space.query('UPDATE t SET k = 77 WHERE id = 5');
  await change.cutOver();
  expect(await change.revert()).toEqual({ outcome: 'done', reports: {} });
  await change.cleanUp();
  expect(await space.query('SELECT k, note FROM t WHERE id = 5')).toEqual([{ k: 77, note: 'x'.repeat(100) }]);
});

describe('a revert in trouble', () => {
  it('survives the loss of its connection while it waits for its lock, and loses no write (E2, E5)', async () => {
    await using change = await swapped();
    const writer = await Writer.start({ server: space.server, namespace: space.name, table: 't', rate: 100 });
    const blocker = await connect(space.server, space.name);
    await blocker.query('START TRANSACTION; SELECT * FROM t LIMIT 1');
    const reverting = change.revert().catch((error: unknown) => error);
    await space.query(`KILL ${await waitingForSwapLock(space)}`);
    expect(await reverting).toMatchObject({ code: 'connection_lost' });
    await blocker.query('COMMIT');
    await blocker.end();
    expect(await change.revert()).toMatchObject({ outcome: 'done' });
    await writer.stop();
    expect(await writer.differences(space.connection)).toEqual([]);
    await change.cleanUp();
  });

  it('names who blocks it, takes along what was committed meanwhile, and is given up by a stop (E2, E6)', async () => {
    await using change = await swapped();
    const blocker = await connect(space.server, space.name);
    await blocker.query("START TRANSACTION; UPDATE t SET note = 'late' WHERE id = 1");
    const first = change.revert();
    await until('it was given up once', () =>
      change.progress.some((p) => p.waitingFor?.includes(`connection ${blocker.threadId}`)),
    );
    await change.control({ run: 'stop' });
    expect(await first, 'still swapped').toMatchObject({ outcome: 'stopped', swapped: [`${space.name}.t`] });
    expect(await typeOfK()).toBe('bigint');
    await change.control({ run: 'run' });
    const second = change.revert();
    await waitingForSwapLock(space);
    await blocker.query('COMMIT');
    await blocker.end();
    expect(await second).toMatchObject({ outcome: 'done' });
    expect(await space.query('SELECT note FROM t WHERE id = 1')).toEqual([{ note: 'late' }]);
    await change.cleanUp();
  });

  it('a driver of an old epoch writes nothing to the replaced table and swaps nothing back (E1)', async () => {
    await using change = await swapped();
    const before = change.progress.length;
    const guarding = change.guard().catch((error: unknown) => error);
    await until('it guards', () => change.progress.length > before);
    await space.query(`UPDATE \`${stateTableName(change.step.changeId)}\` SET epoch = epoch + 1 WHERE id = 'driver'`);
    await space.query("UPDATE t SET note = 'not for the old one' WHERE id = 1");
    expect(await guarding).toMatchObject({ code: 'driver_replaced' });
    expect(await space.query("SELECT COUNT(*) AS n FROM _t_sterna_old WHERE note = 'not for the old one'")).toEqual([
      { n: '0' },
    ]);
    const other = await connect(space.server, space.name);
    const state = `\`${stateTableName(change.step.changeId)}\``;
    // Takes the right to write, so that it need not queue behind the lock later.
    await other.query(`START TRANSACTION; UPDATE ${state} SET volume = 1 WHERE id = 'none'`);
    const reverting = change.revert().catch((error: unknown) => error);
    await waitingForSwapLock(space);
    await other.query(`UPDATE ${state} SET epoch = epoch + 1 WHERE id = 'driver'; COMMIT`);
    await other.end();
    expect(await reverting).toMatchObject({ code: 'driver_replaced' });
    expect(await typeOfK()).toBe('bigint');
    await change.cleanUp();
  });

  it('locks no row of the new table, whatever it brings over (E6)', async () => {
    await using change = await swapped('MODIFY k BIGINT NOT NULL, DROP COLUMN note');
    const application = await connect(space.server, space.name);
    const before = change.progress.length;
    const guarding = change.guard();
    await until('it guards', () => change.progress.length > before);
    await space.query('UPDATE t SET k = 5 WHERE id = 1');
    await application.query('START TRANSACTION; UPDATE t SET k = 6 WHERE id = 1; DELETE FROM t WHERE id = 2');
    await until('it is brought over beside the open transaction', async () => {
      return (await space.query('SELECT 1 FROM _t_sterna_old WHERE id = 1 AND k = 5')).length > 0;
    });
    await application.query('COMMIT');
    await application.end();
    await change.control({ cutover: true });
    expect(await guarding).toEqual({ outcome: 'asked' });
    await change.revert();
    expect(await space.query('SELECT id, k FROM t WHERE id < 3')).toEqual([{ id: '1', k: 6 }]);
    await change.cleanUp();
  });
});
