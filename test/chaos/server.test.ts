import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { purgeBinlogs } from '../support/binlogs.js';
import { expectCopySurvivesKill } from '../support/killed-copy.js';
import { canMount, MysqlProcess } from '../support/mysql-process.js';
import { TestNamespace } from '../support/namespace.js';
import { EngineChange, fill, PLAIN_TABLE } from '../support/online-change.js';
import { until } from '../support/until.js';

describe('a server that fails', () => {
  let server: MysqlProcess;
  beforeAll(async () => {
    server = await MysqlProcess.start();
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  it('is killed in mid-copy and comes back: the copy goes on from its checkpoint and no write is missing (E2, E4)', async () => {
    await expectCopySurvivesKill(server);
  });

  it('has purged the binlogs of a stopped change: the resume says so and restarts nothing (E4)', async () => {
    await using space = await TestNamespace.create('purged', server.server);
    await space.query(PLAIN_TABLE);
    await fill(space, 't', 500);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await change.prepare();
    await space.query('UPDATE t SET k = 1 WHERE id = 1');
    await purgeBinlogs(space);
    await expect(change.copy()).rejects.toMatchObject({
      code: 'position_lost',
      message: expect.stringContaining('purged') as string,
    });
    expect(await space.query('SELECT COUNT(*) AS n FROM `_t_sterna_new`')).toEqual([{ n: '0' }]);
    await change.cleanUp();
  });

  it('says until when a stopped change can be resumed, from when its position was saved', async () => {
    await using space = await TestNamespace.create('deadline', server.server);
    await space.query(PLAIN_TABLE);
    await fill(space, 't', 500);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await space.query('SET GLOBAL binlog_expire_logs_seconds = 7200');
    try {
      const before = Date.now();
      await change.prepare();
      const prepared = Date.now();
      await change.control({ run: 'stop' });
      const deadlineOf = async (): Promise<string | undefined> => {
        const outcome = await change.copy();
        return outcome.outcome === 'stopped' ? outcome.resumeBefore : 'not stopped';
      };
      const saved = Date.parse((await deadlineOf()) ?? '') - 7_200_000;
      expect(saved).toBeGreaterThanOrEqual(before - 1_000);
      expect(saved).toBeLessThanOrEqual(prepared + 1_000);
      await space.query('SET GLOBAL binlog_expire_logs_auto_purge = OFF');
      expect(await deadlineOf()).toBeUndefined();
      await space.query('SET GLOBAL binlog_expire_logs_auto_purge = ON');
      await space.query('SET GLOBAL binlog_expire_logs_seconds = 0');
      expect(await deadlineOf()).toBeUndefined();
    } finally {
      await space.query('SET GLOBAL binlog_expire_logs_auto_purge = DEFAULT');
      await space.query('SET GLOBAL binlog_expire_logs_seconds = 86400');
    }
    await change.cleanUp();
  });

  it('has another history after a failover: the resume refuses it (E4)', async () => {
    await using space = await TestNamespace.create('history', server.server);
    await space.query(PLAIN_TABLE);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await change.prepare();
    await space.query('RESET BINARY LOGS AND GTIDS');
    await expect(change.copy()).rejects.toMatchObject({
      code: 'position_lost',
      message: expect.stringContaining('another history') as string,
    });
    await change.cleanUp();
  });

  it('shows no value as large as this one: what cannot be compared is never taken for equal (E3)', async () => {
    await using space = await TestNamespace.create('packet', server.server);
    await space.query('CREATE TABLE t (id INT PRIMARY KEY, note VARCHAR(50000) CHARACTER SET latin1)');
    await space.query("INSERT INTO t VALUES (1, REPEAT('x', 40000))");
    await space.query('SET GLOBAL max_allowed_packet = 32768'); // of sessions to come
    await using change = await EngineChange.plan(space, 't', 'MODIFY note LONGTEXT CHARACTER SET utf8mb4');
    change.expectsRepairs = true;
    await change.prepare();
    await expect(change.copy()).rejects.toMatchObject({ code: 'rows_differ' });
    await change.cleanUp();
    await space.query('SET GLOBAL max_allowed_packet = DEFAULT');
  });

  it('has no connection left: the attempt ends and leaves none open, and the next one goes on (E4, E7)', async () => {
    await using space = await TestNamespace.create('crowded', server.server);
    await space.query(PLAIN_TABLE);
    await fill(space, 't', 500);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await change.prepare();
    const others = `SELECT 1 FROM performance_schema.session_account_connect_attrs
      WHERE ATTR_NAME = 'sterna_change' AND ATTR_VALUE = '${change.step.changeId}'`;
    const gone = () => until('none is open', async () => (await space.query(others)).length === 0);
    await gone();
    const [{ n } = { n: 0 }] = await space.query<{ n: number }>(
      "SELECT VARIABLE_VALUE AS n FROM performance_schema.global_status WHERE VARIABLE_NAME = 'Threads_connected'",
    );
    // Room for one, two, … of those that a copy needs.
    for (const room of [1, 2, 3, 4]) {
      await space.query(`SET GLOBAL max_connections = ${Number(n) + room - 1}`);
      await expect(change.copy(), `room for ${room}`).rejects.toMatchObject({ code: 'server_unreachable' });
      await gone();
    }
    await space.query('SET GLOBAL max_connections = DEFAULT');
    await change.copy();
    await change.cutOver();
    await change.cleanUp();
    expect(await space.query('SELECT COUNT(*) AS n FROM t')).toEqual([{ n: '500' }]);
  });

  it('turns read-only in mid-copy: the step fails as not the writer and goes on when it is one again', async () => {
    await using space = await TestNamespace.create('readonly', server.server);
    await space.query(PLAIN_TABLE);
    await fill(space, 't', 20_000);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await change.prepare();
    await change.control({ volume: 3 });
    const copying = change.copy();
    copying.catch(() => undefined); // asserted below
    await until('it copies', () => change.progress.some((p) => p.phase === 'copying' && p.rows > 500), {
      intervalMs: 5,
    });
    await space.query('SET GLOBAL super_read_only = 1');
    await expect(copying).rejects.toMatchObject({ code: 'not_the_writer' });
    await space.query('SET GLOBAL super_read_only = 0');
    await space.query('SET GLOBAL read_only = 0');
    await change.control({ volume: 11 });
    await change.copy();
    await change.cutOver();
    await change.cleanUp();
    expect(await space.query('SELECT COUNT(*) AS n FROM t')).toEqual([{ n: '20000' }]);
  });
});

describe.runIf(canMount())('a server without space', () => {
  let binlogs: string;
  beforeAll(async () => {
    binlogs = await mkdtemp(path.join(tmpdir(), 'sterna-binlogs-'));
  });
  afterAll(async () => {
    await rm(binlogs, { recursive: true });
  });

  it('ends the change as disk_full and keeps the original', async () => {
    // The binlog has its place elsewhere: a server that cannot write it waits for space instead of failing.
    await using server = await MysqlProcess.start({
      diskMiB: 150,
      options: ['--innodb-redo-log-capacity=8M', `--log-bin=${path.join(binlogs, 'binlog')}`],
    });
    await using space = await TestNamespace.create('full', server.server);
    await space.query(PLAIN_TABLE);
    await fill(space, 't', 60_000);
    await using change = await EngineChange.plan(
      space,
      't',
      'MODIFY k BIGINT NOT NULL, ADD COLUMN pad CHAR(250) NOT NULL DEFAULT "x"',
    );
    await change.prepare();
    await expect(change.copy()).rejects.toMatchObject({ code: 'disk_full' });
    expect(await space.query('SELECT COUNT(*) AS n FROM t')).toEqual([{ n: '60000' }]);
    await change.cleanUp();
    expect(await space.tables()).toEqual(['t']);
  });
});
