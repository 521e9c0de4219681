import { createConnection } from 'node:net';
import { connect, testServers, type TestServer } from './servers.js';
import { until } from './until.js';

/** Workspace schemas of the planner: not bound to a test's own schema, so they are looked for once, at the end. */
const WORKSPACES = `SELECT schema_name AS name FROM information_schema.schemata WHERE schema_name LIKE '\\\\_sterna\\\\_ws\\\\_%'`;

/** Says at once, and for all tests together, which server is missing. */
export async function setup(): Promise<void> {
  const { mysqlA, mysqlB, temporalAddress } = testServers();
  const [host = '', port = ''] = temporalAddress.split(':');
  await Promise.all([
    reach('STERNA_TEST_MYSQL', () => workspaces(mysqlA)),
    reach('STERNA_TEST_MYSQL_B', () => workspaces(mysqlB)),
    reach('TEMPORAL_ADDRESS', () => knock(host, Number(port))),
  ]);
}

/** No workspace may outlive the suite. One in use by another run goes away while we look. */
export async function teardown(): Promise<void> {
  const { mysqlA, mysqlB } = testServers();
  for (const server of [mysqlA, mysqlB]) {
    const before = new Set(await workspaces(server));
    if (before.size === 0) continue;
    await until(
      'the planner has dropped its workspaces (E7)',
      async () => (await workspaces(server)).every((name) => !before.has(name)),
      { timeoutMs: 20_000, intervalMs: 500 },
    );
  }
}

async function workspaces(server: TestServer): Promise<string[]> {
  const connection = await connect(server);
  try {
    const [rows] = await connection.query(WORKSPACES);
    return (rows as { name: string }[]).map(({ name }) => name);
  } finally {
    await connection.end();
  }
}

async function reach(setting: string, attempt: () => Promise<unknown>): Promise<void> {
  try {
    await attempt();
  } catch (error) {
    throw new Error(`The server that ${setting} names does not answer. Start it with ./dev up, or use ./dev test.`, {
      cause: error,
    });
  }
}

function knock(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host, port, timeout: 5_000 });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('timeout', () => socket.destroy(new Error('no answer in 5 s')));
    socket.once('error', reject);
  });
}
