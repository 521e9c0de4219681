import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { purgeBinlogs } from '../support/binlogs.js';
import { EngineProcess } from '../support/engine-process.js';
import { expectFence, noteOf } from '../support/fence.js';
import { expectCopySurvivesKill } from '../support/killed-copy.js';
import { MysqlProcess } from '../support/mysql-process.js';
import { TestNamespace } from '../support/namespace.js';
import { EngineChange, fill, PLAIN_TABLE } from '../support/online-change.js';
import { connect } from '../support/servers.js';
import { until } from '../support/until.js';
import { Writer } from '../support/writer.js';

const OPTIONS = ['--gtid-mode=OFF', '--enforce-gtid-consistency=OFF'];

let server: MysqlProcess;
beforeAll(async () => {
  server = await MysqlProcess.start({ options: OPTIONS });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

describe('a server without GTIDs', () => {
  it('loses no write, through crashes of drivers and rotations of the binlog (E2, E4)', async () => {
    await using space = await TestNamespace.create('files', server.server);
    await space.query(PLAIN_TABLE);
    await fill(space, 't', 40_000);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    const writer = await Writer.start({ server: server.server, namespace: space.name, table: 't', rate: 300 });
    await change.prepare();
    await change.control({ volume: 8 });
    let crashes = 0;
    for (let n = 0; ; n += 1) {
      const crash = new AbortController();
      const seen = change.progress.length;
      const copying = change.copy(change.context(n < 4 ? crash.signal : undefined)).then(
        ({ outcome }) => outcome,
        (error: unknown) => error,
      );
      if (n < 4) {
        await Promise.race([
          copying,
          until('a few chunks were copied', () => change.progress.length > seen + 4 + n, { intervalMs: 2 }),
        ]);
        await space.query('FLUSH BINARY LOGS');
        crash.abort(new Error('crashed on purpose'));
      }
      const outcome = await copying;
      if (outcome === 'done') break;
      expect(String(outcome)).toContain('crashed on purpose');
      crashes += 1;
    }
    expect(crashes).toBeGreaterThan(1);
    await change.cutOver();
    await change.cleanUp();
    await writer.stop();
    expect(writer.acknowledged).toBeGreaterThan(100);
    expect(await writer.differences(space.connection)).toEqual([]);
    expect(await space.tables()).toEqual(['t']);
  });

  it('loses no write made in the revert window, whose driver is killed again and again while the binlog rotates (E2, E4)', async () => {
    await using space = await TestNamespace.create('window', server.server);
    await space.query(PLAIN_TABLE);
    await fill(space, 't', 2_000);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL, ADD COLUMN extra INT NULL');
    await change.prepare();
    await change.copy();
    const writer = await Writer.start({
      server: server.server,
      namespace: space.name,
      table: 't',
      rate: 300,
      xa: true,
      longMs: 300,
    });
    const written = async (more: number): Promise<void> => {
      const goal = writer.acknowledged + more;
      await until('more is written', () => writer.acknowledged > goal, { intervalMs: 5 });
    };
    await change.cutOver();
    // At the second time, so that a driver is in the middle of its work: keys taken and not read, rows written and not
    // committed, committed and their position not saved.
    for (const point of ['flushing', 'written', 'committed'] as const) {
      await using engine = await EngineProcess.start(server.server);
      let nth = 0;
      const guarding = engine.run('guardRevert', change.step, {
        reached: async (reached) => {
          if (reached === point && (nth += 1) === 2) await engine.kill();
        },
        logged: () => undefined,
      });
      await expect(guarding).rejects.toMatchObject({
        code: 'connection_lost',
        message: expect.stringContaining('killed') as string,
      });
      await space.query('FLUSH BINARY LOGS');
      await written(50); // while nobody guards
    }
    expect(await change.revert()).toMatchObject({ outcome: 'done' });
    await written(20);
    await writer.stop();
    expect(await writer.differences(space.connection)).toEqual([]);
    expect(await space.query("SHOW COLUMNS FROM t LIKE 'k'")).toMatchObject([{ Type: 'int' }]);
    await change.cleanUp();
    expect(await space.tables()).toEqual(['t']);
  });

  it('is killed in mid-copy and comes back with another binlog file (E2, E4)', async () => {
    await expectCopySurvivesKill(server);
  });

  it('brings the rows of a prepared transaction with its commit, also to a driver that came after the prepare (E2)', async () => {
    await using space = await TestNamespace.create('xa', server.server);
    await space.query(PLAIN_TABLE);
    await fill(space, 't', 50);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await change.prepare();
    await change.copy();
    const crash = new AbortController();
    const holding = change.hold(change.context(crash.signal));
    holding.catch(() => undefined); // asserted below
    const application = await connect(server.server, space.name);
    for (const sql of ["XA START 'x'", "UPDATE t SET note = 'prepared' WHERE id = 5", "XA END 'x'", "XA PREPARE 'x'"])
      await application.query(sql);
    await space.query("UPDATE t SET note = 'plain' WHERE id = 6");
    await until(
      'what came after the prepare is there',
      async () => (await noteOf(space, '_t_sterna_new', 6)) === 'plain',
    );
    expect(await noteOf(space, '_t_sterna_new', 5)).not.toBe('prepared');
    crash.abort(new Error('crashed on purpose'));
    await expect(holding).rejects.toThrow('crashed on purpose');
    const again = change.hold();
    await space.query("UPDATE t SET note = 'again' WHERE id = 6");
    await until('the next driver follows', async () => (await noteOf(space, '_t_sterna_new', 6)) === 'again');
    await application.query("XA COMMIT 'x'");
    await until('it has the row', async () => (await noteOf(space, '_t_sterna_new', 5)) === 'prepared');
    await change.control({ cutover: true });
    expect(await again).toEqual({ outcome: 'asked' });
    await change.cutOver();
    expect(await noteOf(space, 't', 5)).toBe('prepared');
    await change.cleanUp();
    await application.end();
  });

  it('needs commits in the order of the binlog, at every flush (E2)', async () => {
    await using space = await TestNamespace.create('order', server.server);
    await space.query(PLAIN_TABLE);
    await fill(space, 't', 50);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await change.prepare();
    await change.copy();
    const holding = change.hold();
    holding.catch(() => undefined); // asserted below
    await until('it holds', () => change.progress.some((p) => p.phase === 'holding'));
    await space.query('SET GLOBAL binlog_order_commits = OFF');
    try {
      await space.query("UPDATE t SET note = 'unordered' WHERE id = 7");
      await expect(holding).rejects.toMatchObject({ code: 'binlog_unsuitable' });
      expect(await noteOf(space, '_t_sterna_new', 7)).not.toBe('unordered');
    } finally {
      await space.query('SET GLOBAL binlog_order_commits = ON');
    }
    await change.control({ cutover: true });
    await change.hold();
    await change.cutOver();
    expect(await noteOf(space, 't', 7)).toBe('unordered');
    await change.cleanUp();
  });

  it.each(['UPDATE', 'XA'] as const)(
    'never reads a row before its commit is visible, though the binlog has it already: %s (E2)',
    async (kind) => {
      await expectFence(server.server, kind);
    },
  );

  it('refuses a purged file, another server and a reset of the binlogs (E4)', async () => {
    await using space = await TestNamespace.create('lost', server.server);
    await space.query(PLAIN_TABLE);
    await fill(space, 't', 500);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await change.prepare();
    const [saved] = await space.query<{ position: string }>(
      `SELECT position FROM \`${(await space.tables()).find((name) => name.startsWith('_sterna_'))}\` WHERE id = 'driver'`,
    );
    expect(JSON.parse(saved?.position ?? '')).toMatchObject({ file: expect.stringMatching(/\.\d+$/) as string });
    await space.query('UPDATE t SET k = 1 WHERE id = 1');
    await purgeBinlogs(space);
    await expect(change.copy()).rejects.toMatchObject({
      code: 'position_lost',
      message: expect.stringContaining('purged') as string,
    });
    await change.cleanUp();

    await using next = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await next.prepare();
    await space.query('RESET BINARY LOGS AND GTIDS');
    await expect(next.copy()).rejects.toMatchObject({ code: 'position_lost' });
    const table = (await space.tables()).find((name) => name.startsWith('_sterna_')) ?? '';
    await space.query(
      `UPDATE \`${table}\` SET position = JSON_SET(position, '$.server', 'another') WHERE id = 'driver'`,
    );
    await expect(next.copy()).rejects.toMatchObject({
      code: 'position_lost',
      message: expect.stringContaining('another history') as string,
    });
    expect(await space.query('SELECT COUNT(*) AS n FROM `_t_sterna_new`')).toEqual([{ n: '0' }]);
    await next.cleanUp();
  });
});
