import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StateTable } from '../../src/engine/state-table.js';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace } from '../support/namespace.js';
import { EngineChange, fill, PLAIN_TABLE } from '../support/online-change.js';
import { connect } from '../support/servers.js';
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

async function copied(): Promise<EngineChange> {
  const change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
  await change.prepare();
  await change.copy();
  return change;
}

async function intend(change: EngineChange): Promise<void> {
  await using session = await change.server.connect();
  await new StateTable(change.step.changeId, space.name).updateTable(session, `${space.name}.t`, {
    swapIntended: true,
  });
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

  it('is tried again when they have not', async () => {
    await using change = await copied();
    await intend(change);
    expect(await change.cutOver()).toMatchObject({
      outcome: 'done',
      reports: { [`${space.name}.t`]: { cutoverAttempts: 1 } },
    });
    await change.cleanUp();
  });

  it('stops the change when the target shows neither, and removes nothing (E5)', async () => {
    await using change = await copied();
    await intend(change);
    await space.query(RENAME);
    await space.query('ALTER TABLE t ADD COLUMN surprise INT');
    await expect(change.cutOver()).rejects.toMatchObject({ code: 'swap_undecided' });
    await expect(change.cleanUp()).rejects.toMatchObject({ code: 'swap_undecided' });
    expect(await space.tables()).toEqual(expect.arrayContaining(['t', '_t_sterna_old']));
    await space.query('ALTER TABLE t DROP COLUMN surprise'); // an operator has looked
    await change.cleanUp();
  });
});

describe('a cutover in trouble', () => {
  it('survives the loss of its connection while it waits for its lock, and loses no write (E2, E5)', async () => {
    await using change = await copied();
    const writer = await Writer.start({ server: space.server, namespace: space.name, table: 't', rate: 100 });
    const blocker = await connect(space.server, space.name);
    const admin = await connect(space.server);
    await blocker.query('START TRANSACTION; SELECT * FROM t LIMIT 1');
    const cutting = change.cutOver();
    cutting.catch(() => undefined); // asserted below
    const id = await until(
      'it waits for the lock',
      async () => {
        const [rows] = await admin.query(
          "SELECT ID AS id FROM performance_schema.processlist WHERE INFO LIKE 'LOCK TABLES%' AND INFO LIKE ? AND STATE LIKE 'Waiting for%'",
          [`%${space.name}%`],
        );
        return (rows as { id: string }[])[0]?.id;
      },
      { intervalMs: 10 },
    );
    await admin.query(`KILL ${Number(id)}`);
    await expect(cutting).rejects.toMatchObject({ code: 'connection_lost' });
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
});
