import { rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { ensureBuilt } from '../../tools/dev/built.js';
import { beginHearing } from './heard.js';
import { connect, testServers, type TestServer } from './servers.js';

/** Workspace schemas of the planner: not bound to a test's own schema, so they are looked for once, at the end. */
const WORKSPACES = `SELECT schema_name AS name FROM information_schema.schemata WHERE schema_name LIKE '\\\\_sterna\\\\_ws\\\\_%' AND IS_FREE_LOCK(schema_name)`;

let heard: string | undefined;

/** Says at once, and for all tests together, which server is missing. */
export async function setup(): Promise<void> {
  ensureBuilt();
  heard = beginHearing();
  process.env.STERNA_TEST_SINCE = new Date().toISOString();
  const { mysqlA, mysqlB, temporalAddress } = testServers();
  const [host = '', port = ''] = temporalAddress.split(':');
  await Promise.all([
    reach('STERNA_TEST_MYSQL', () => workspaces(mysqlA)),
    reach('STERNA_TEST_MYSQL_B', () => workspaces(mysqlB)),
    reach('TEMPORAL_ADDRESS', () => knock(host, Number(port))),
  ]);
}

/** No workspace may outlive the suite (E7). One in use by another run goes away while we look. */
export async function teardown(): Promise<void> {
  if (heard !== undefined) rmSync(heard, { recursive: true });
  const { mysqlA, mysqlB } = testServers();
  for (const server of [mysqlA, mysqlB]) {
    const left = await workspacesThatStay(server);
    if (left.length === 0) continue;
    console.error(`The planner left its workspaces behind (E7): ${left.join(', ')}. They are dropped now.`);
    process.exitCode = 1; // what a teardown throws does not make vitest fail
    await dropAll(server, left);
  }
}

async function workspacesThatStay(server: TestServer): Promise<string[]> {
  let left = await workspaces(server);
  const deadline = performance.now() + 20_000;
  while (left.length > 0 && performance.now() < deadline) {
    await delay(500);
    const now = new Set(await workspaces(server));
    left = left.filter((name) => now.has(name));
  }
  return left;
}

async function dropAll(server: TestServer, names: readonly string[]): Promise<void> {
  const connection = await connect(server);
  try {
    for (const name of names) await connection.query(`DROP DATABASE IF EXISTS \`${name}\``);
  } finally {
    await connection.end();
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
