import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TaskProgress } from '../../src/contract/index.js';
import type { LoadLimits } from '../../src/engine/load.js';
import { MysqlServer } from '../../src/mysql/index.js';
import { TestAccount } from '../support/account.js';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace } from '../support/namespace.js';
import { BUSY_MACHINE, EngineChange, fill, PLAIN_TABLE } from '../support/online-change.js';
import { connect, connectionConfig } from '../support/servers.js';
import { until } from '../support/until.js';
import { Writer } from '../support/writer.js';

let space: TestNamespace;
beforeEach(async () => {
  space = await TestNamespace.create('throttle');
  await space.query(PLAIN_TABLE);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await expectNoLeaks({ namespaces: [space] });
  await space.drop();
});

const planned = (limits: Partial<LoadLimits>): Promise<EngineChange> =>
  EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL', 1_000_000, {
    replicas: [],
    limits: { ...BUSY_MACHINE, ...limits },
  });
const latest = (change: EngineChange): TaskProgress | undefined => change.progress.at(-1);

/** Statements that run, on connections of their own, until `end`. */
async function busy(statements: number): Promise<AsyncDisposable & { end: () => Promise<void> }> {
  const connections = await Promise.all(Array.from({ length: statements }, () => connect(space.server)));
  const ids = connections.map(({ threadId }) => threadId);
  const running = connections.map((connection) => connection.query('DO SLEEP(600)'));
  let ended: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    for (const id of ids) await space.query(`KILL QUERY ${id}`);
    await Promise.allSettled(running);
    await Promise.all(connections.map((connection) => connection.end()));
  };
  return { end: () => (ended ??= end()), [Symbol.asyncDispose]: () => (ended ??= end()) };
}

describe('a busy server', () => {
  it('holds the copy with the reason and lets it go on; what is captured meanwhile is brought over (E2)', async () => {
    await fill(space, 't', 20_000);
    await using change = await planned({ threadsRunning: 40 });
    await change.prepare();
    await change.control({ volume: 1 });
    const copying = change.copy();
    await until('it copies', () => (latest(change)?.rows ?? 0) > 300, { intervalMs: 5 });
    await using load = await busy(45);
    await until('it holds', () => /^threads-running \d+ >= (40|30)$/.test(latest(change)?.throttle ?? ''));
    const rows = latest(change)?.rows ?? 0;
    await space.query("UPDATE t SET note = 'while held' WHERE id = 7");
    await until(
      'the change is brought over',
      async () => (await space.query("SELECT 1 FROM `_t_sterna_new` WHERE note = 'while held'")).length === 1,
    );
    expect(latest(change)).toMatchObject({ phase: 'copying', rows });
    await load.end();
    await change.control({ volume: 11 });
    await copying;
    expect(change.progress.some((progress) => progress.rows > rows && progress.throttle === undefined)).toBe(true);
    await change.cutOver();
    await change.cleanUp();
    expect(await space.query("SELECT COUNT(*) AS n, SUM(note = 'while held') AS changed FROM t")).toEqual([
      { n: '20000', changed: '1' },
    ]);
  });

  it('holds the comparison as well, and no stop (C2)', async () => {
    await fill(space, 't', 60_000);
    await using change = await planned({ threadsRunning: 40 });
    await change.prepareToCompare();
    const before = change.progress.length;
    const copying = change.copy();
    await until('it compares', () => change.progress.length > before);
    await change.control({ volume: 0 });
    await until('it holds', () => latest(change)?.throttle === 'volume 0');
    await using load = await busy(45);
    await change.control({ volume: 1 });
    await until('it holds again', () => latest(change)?.throttle?.startsWith('threads-running ') === true);
    expect(latest(change)?.phase).toBe('verifying');
    await change.control({ run: 'stop' });
    expect(await copying).toMatchObject({ outcome: 'stopped', swapped: [] });
    await load.end();
    await change.cleanUp();
  });

  it('is told loudly when it lasts for minutes', async () => {
    await using change = await planned({ threadsRunning: 0.1 }); // always
    await change.prepare();
    const copying = change.copy();
    await until('it holds', () => latest(change)?.throttle !== undefined);
    expect(change.logged).not.toContainEqual(expect.stringContaining('held for minutes'));
    const now = Date.now.bind(Date);
    vi.spyOn(Date, 'now').mockImplementation(() => now() + 6 * 60_000);
    await until('the status says it', () => latest(change)?.throttle?.endsWith(' for 6 min') === true);
    await change.control({ run: 'stop' });
    expect(await copying).toMatchObject({ outcome: 'stopped', swapped: [] });
    expect(change.logged.filter((message) => message.includes('held for minutes'))).toHaveLength(1);
    await change.cleanUp();
  });
});

it('slow commits hold the copy, and fast ones let it go on', async () => {
  await fill(space, 't', 3_000);
  await using change = await planned({ commitMs: 200 });
  await change.prepare();
  await change.control({ volume: 1 });
  const [{ sync } = { sync: '' }] = await space.query<{ sync: string }>(
    'SELECT @@GLOBAL.binlog_group_commit_sync_delay AS sync',
  );
  const copying = change.copy();
  await until('it copies', () => (latest(change)?.rows ?? 0) > 0, { intervalMs: 5 });
  await space.query('SET GLOBAL binlog_group_commit_sync_delay = 400000');
  try {
    const writer = await Writer.start({ server: space.server, namespace: space.name, table: 't', rate: 20 });
    await until('it holds', () => /^commit-latency \d+ ms >= (200|150) ms$/.test(latest(change)?.throttle ?? ''));
    await space.query(`SET GLOBAL binlog_group_commit_sync_delay = ${sync}`);
    await change.control({ volume: 11 });
    await copying;
    await writer.stop();
    await change.cutOver();
    expect(await writer.differences(space.connection)).toEqual([]);
  } finally {
    await space.query(`SET GLOBAL binlog_group_commit_sync_delay = ${sync}`);
  }
  await change.cleanUp();
});

describe('the history list', () => {
  it('holds the copy when it is long', async () => {
    await using change = await planned({ historyListLength: 0.1 });
    await fill(space, 't', 10);
    await space.query('UPDATE t SET k = k + 1'); // so that there is something to purge, or has been
    const reader = await connect(space.server, space.name);
    await reader.query('START TRANSACTION WITH CONSISTENT SNAPSHOT');
    await reader.query('SELECT * FROM t LIMIT 1');
    await space.query('UPDATE t SET k = k + 1');
    await change.prepare();
    const copying = change.copy();
    await until('it holds', () => latest(change)?.throttle?.startsWith('history-list-length ') === true);
    await reader.end();
    await change.control({ run: 'stop' });
    await copying;
    await change.cleanUp();
  });

  it('is left alone where the user may not read it, and the log says what would help', async () => {
    await using account = await TestAccount.create({
      grants: [
        `ALL ON \`${space.name}\`.*`,
        'REPLICATION SLAVE, REPLICATION CLIENT, XA_RECOVER_ADMIN, REFERENCES ON *.*',
      ],
    });
    await fill(space, 't', 2_000);
    await using server = await MysqlServer.open(connectionConfig(account.server));
    await using change = await planned({ historyListLength: 0.1 });
    const narrow = change.as(server, { replicas: [], limits: { ...BUSY_MACHINE, historyListLength: 0.1 } });
    await narrow.run();
    expect(narrow.logged).toContainEqual(expect.stringContaining('GRANT PROCESS ON *.*'));
    expect(narrow.progress.filter(({ throttle }) => throttle !== undefined)).toEqual([]);
    expect(await space.query('SELECT COUNT(*) AS n FROM t')).toEqual([{ n: '2000' }]);
  });
});

describe('volume 0', () => {
  it('holds copying at once while changes go on being brought over; another volume goes on (E2)', async () => {
    await fill(space, 't', 20_000);
    await using change = await planned({});
    await change.prepare();
    await change.control({ volume: 2 });
    const copying = change.copy();
    await until('it copies', () => (latest(change)?.rows ?? 0) > 300, { intervalMs: 5 });
    await change.control({ volume: 0 });
    const since = change.progress.length;
    await until('it holds', () => latest(change)?.throttle === 'volume 0', { intervalMs: 5 });
    // The chunk that was under way, and the one that began before the driver looked again.
    expect(change.progress.slice(since).filter(({ throttle }) => throttle === undefined).length).toBeLessThan(3);
    const rows = latest(change)?.rows ?? 0;
    const copied = await space.query('SELECT COUNT(*) AS n FROM `_t_sterna_new`');
    await space.query("INSERT INTO t VALUES (0, 1, 'x'); UPDATE t SET note = 'while held' WHERE id = 7");
    await until(
      'the change is brought over',
      async () => (await space.query("SELECT 1 FROM `_t_sterna_new` WHERE note = 'while held'")).length === 1,
    );
    expect(await space.query('SELECT COUNT(*) AS n FROM `_t_sterna_new`')).toEqual(copied);
    expect(latest(change)).toMatchObject({ rows, throttle: 'volume 0' });
    await change.control({ volume: 11 });
    await copying;
    await change.cutOver();
    await change.cleanUp();
    expect(await space.query("SELECT COUNT(*) AS n, SUM(note = 'while held') AS changed FROM t")).toEqual([
      { n: '20001', changed: '1' },
    ]);
  });

  it('is there from the start, copies nothing, and can be stopped (C2)', async () => {
    await fill(space, 't', 3_000);
    await using change = await planned({});
    await change.prepare();
    await change.control({ volume: 0 });
    const copying = change.copy();
    await until('it holds', () => latest(change)?.throttle === 'volume 0');
    expect(await space.query('SELECT COUNT(*) AS n FROM `_t_sterna_new`')).toEqual([{ n: '0' }]);
    await change.control({ run: 'stop' });
    expect(await copying).toMatchObject({ outcome: 'stopped', swapped: [] });
    await change.cleanUp();
  });
});
