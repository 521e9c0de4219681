import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TaskProgress } from '../../src/contract/index.js';
import { MysqlServer } from '../../src/mysql/index.js';
import { TestAccount } from '../support/account.js';
import { TestNamespace } from '../support/namespace.js';
import { BUSY_MACHINE, EngineChange, fill, PLAIN_TABLE } from '../support/online-change.js';
import { ReplicatedServer } from '../support/replica.js';
import { connect, connectionConfig } from '../support/servers.js';
import { until } from '../support/until.js';
import { Writer } from '../support/writer.js';

let pair: ReplicatedServer;
beforeAll(async () => {
  pair = await ReplicatedServer.start();
});
afterAll(async () => {
  await pair[Symbol.asyncDispose]();
});

const latest = (change: EngineChange): TaskProgress | undefined => change.progress.at(-1);

/** Everything of a table that both servers must agree on. */
async function contentOn(server: Parameters<typeof connect>[0], space: TestNamespace): Promise<unknown> {
  const connection = await connect(server, space.name);
  try {
    const [rows] = await connection.query('SELECT COUNT(*) AS n, SUM(CRC32(CONCAT_WS(",", id, k, note))) AS s FROM t');
    const [[table]] = (await connection.query('SHOW CREATE TABLE t')) as unknown as [Record<string, string>[]];
    // Inserts that were rolled back have taken ids, of which a replica knows nothing.
    const definition = table?.['Create Table']?.replace(/ AUTO_INCREMENT=\d+/, '');
    const [tables] = await connection.query('SHOW TABLES');
    return { rows, definition, tables };
  } finally {
    await connection.end();
  }
}

it(
  'a replica that falls behind holds the copy until it has caught up, and ends up with the same table (E2, E3)',
  { timeout: 180_000 },
  async () => {
    await using space = await TestNamespace.create('lag', pair.source.server);
    await space.query(PLAIN_TABLE);
    await fill(space, 't', 30_000);
    await pair.caughtUp();
    // Nothing but a connection is asked of the user on the replica.
    await using account = await TestAccount.create({ server: pair.source.server, grants: ['USAGE ON *.*'] });
    await pair.caughtUp();
    await using replica = await MysqlServer.open(
      connectionConfig({ ...account.server, port: pair.replica.server.port }),
    );
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL', 1_000_000, {
      replicas: [replica],
      limits: { ...BUSY_MACHINE, replicaLagSeconds: 2 },
    });
    await change.prepare();
    // A later ALTER would hold the replica up for as long as it takes: seconds, for so many rows.
    expect(JSON.stringify(await space.query('SHOW CREATE TABLE `_t_sterna_new`'))).toContain('KEY `k`');
    await change.control({ volume: 1 }); // twelve seconds, so that it still copies when the lag has grown
    const writer = await Writer.start({ server: space.server, namespace: space.name, table: 't', rate: 50 });
    const copying = change.copy();
    await until('it copies', () => (latest(change)?.rows ?? 0) > 3_000, { intervalMs: 5 });
    await pair.onReplica('STOP REPLICA');
    await until('it holds', () => /^replica-lag \d+ s >= (2|1.5) s$/.test(latest(change)?.throttle ?? ''));
    const rows = latest(change)?.rows ?? 0;
    expect(rows).toBeLessThan(25_000);
    await until('the lag is seen to grow', () => /^replica-lag [4-9] s/.test(latest(change)?.throttle ?? ''));
    expect(latest(change)).toMatchObject({ phase: 'copying', rows });
    await pair.onReplica('START REPLICA');
    // A busy machine takes its time to apply what has gathered.
    await until('it goes on', () => (latest(change)?.rows ?? 0) > rows, { timeoutMs: 90_000 });
    await change.control({ volume: 11 });
    await copying;
    await change.cutOver();
    await writer.stop();
    await change.cleanUp();
    await pair.caughtUp();
    expect(writer.acknowledged).toBeGreaterThan(100);
    expect(await writer.differences(space.connection)).toEqual([]);
    expect(await contentOn(pair.replica.server, space)).toEqual(await contentOn(pair.source.server, space));
  },
);

it('a replica that cannot be asked holds the copy, and not the comparison, which writes nothing', async () => {
  await using space = await TestNamespace.create('mute', pair.source.server);
  await space.query(PLAIN_TABLE);
  await fill(space, 't', 30_000);
  await pair.caughtUp();
  await using replica = await MysqlServer.open(connectionConfig(pair.replica.server));
  await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL', 30_000, {
    replicas: [replica],
    limits: BUSY_MACHINE,
  });
  await change.prepare();
  // So few rows are indexed in no time.
  expect(JSON.stringify(await space.query('SHOW CREATE TABLE `_t_sterna_new`'))).not.toContain('KEY `k`');
  await pair.replica.kill();
  const copying = change.copy();
  const unknown = 'replica-lag unknown: it cannot be asked (server_unreachable)';
  await until('it holds', () => latest(change)?.throttle === unknown);
  expect(await space.query('SELECT COUNT(*) AS n FROM `_t_sterna_new`')).toEqual([{ n: '0' }]);
  await pair.replica.start();
  await until('it compares', () => latest(change)?.phase === 'verifying', { intervalMs: 2 });
  await pair.replica.kill();
  await copying;
  await pair.replica.start();
  await change.cutOver();
  await change.cleanUp();
  await pair.caughtUp();
  expect(await contentOn(pair.replica.server, space)).toEqual(await contentOn(pair.source.server, space));
  expect(await space.query('SELECT COUNT(*) AS n FROM t')).toEqual([{ n: '30000' }]);
});
