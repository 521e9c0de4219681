import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { MysqlServer, PATIENCE } from '../../src/mysql/index.js';
import { SESSION_BOUNDS } from '../../src/mysql/server.js';
import { TestAccount } from '../support/account.js';
import { connect, connectionConfig, testServers } from '../support/servers.js';
import { until } from '../support/until.js';

const bounds = { ...SESSION_BOUNDS };
const patience = { ...PATIENCE };
afterEach(() => {
  Object.assign(SESSION_BOUNDS, bounds);
  Object.assign(PATIENCE, patience);
});

it('closes while it connects to a server that goes away, and is closed (K4)', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const server = await MysqlServer.open({
    host: '127.0.0.1',
    port,
    user: 'somebody',
    password: () => Promise.resolve(''),
    tls: { mode: 'disabled' },
  });
  const connected = once(silent, 'connection') as Promise<[Socket]>;
  const asked = expect(server.query('SELECT 1')).rejects.toThrow();
  const [socket] = await connected;
  const closed = server.close();
  socket.destroy();
  await closed;
  await asked;
  silent.close();
});

it('opens so many sessions at once, and no more: the next waits until one is closed, or for too long', async () => {
  Object.assign(SESSION_BOUNDS, { most: 2, waitMs: 300 });
  await using server = await MysqlServer.open(connectionConfig(testServers().mysqlA));
  const [first, second] = [await server.connect(), await server.connect()];
  await expect(server.connect()).rejects.toMatchObject({ code: 'server_unreachable' });
  SESSION_BOUNDS.waitMs = bounds.waitMs;
  await using patient = await MysqlServer.open(connectionConfig(testServers().mysqlA));
  const [third, fourth] = [await patient.connect(), await patient.connect()];
  const waiting = patient.connect();
  third.destroy(); // twice is once
  await third.close();
  const fifth = await waiting;
  expect(await fifth.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(patient.openSessions).toBe(2);
  await Promise.all([first, second, fourth, fifth].map((session) => session.close()));
});

it('opens an urgent session however many there are, and takes no place with it (C1)', async () => {
  Object.assign(SESSION_BOUNDS, { most: 1, waitMs: 300 });
  await using server = await MysqlServer.open(connectionConfig(testServers().mysqlA));
  const urgent = await server.connect({ urgent: true });
  const first = await server.connect();
  await (await server.connect({ urgent: true })).close();
  await expect(server.connect()).rejects.toMatchObject({ code: 'server_unreachable' });
  await Promise.all([urgent.close(), first.close()]);
});

it('keeps no place for a session that did not come about', async () => {
  Object.assign(SESSION_BOUNDS, { most: 1, waitMs: 300 });
  const config = connectionConfig(testServers().mysqlA);
  await using server = await MysqlServer.open({ ...config, password: () => Promise.resolve('wrong') });
  for (let n = 0; n < 3; n += 1) await expect(server.connect()).rejects.toMatchObject({ code: 'access_denied' });
});

describe('a server that is closed', () => {
  it.each(['a session', 'the pool'])('cuts off a statement of %s, and leaves no connection (K4)', async (where) => {
    PATIENCE.close = 200;
    await using account = await TestAccount.create();
    const server = await MysqlServer.open(connectionConfig(account.server));
    const session = where === 'a session' ? await server.connect() : undefined;
    const asked = (session ?? server).query('SELECT SLEEP(60)').catch((error: unknown) => error);
    await until('it runs', async () => (await statements(account.user)) === 1);
    await server.close();
    expect(await asked).toMatchObject({ code: 'connection_lost' });
    expect(server.openConnections).toBe(0);
    await until('the server has noticed', async () => (await statements(account.user)) === 0);
    await expect(server.connect()).rejects.toMatchObject({ code: 'connection_lost' });
  });
});

async function statements(user: string): Promise<number> {
  const connection = await connect(testServers().mysqlA);
  const asked = "SELECT COUNT(*) AS n FROM performance_schema.processlist WHERE user = ? AND state = 'User sleep'";
  const [rows] = await connection.query(asked, [user]).finally(() => connection.end());
  return Number((rows as { n: number }[])[0]?.n);
}
