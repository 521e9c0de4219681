import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import mysql, { type Connection } from 'mysql2/promise';
import type { ConnectionConfig } from '../../src/mysql/index.js';
import { parseEnvFile } from '../../tools/dev/env-file.js';

export interface TestServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

export interface TestServers {
  readonly mysqlA: TestServer;
  readonly mysqlB: TestServer;
  /** `host:port` of the Temporal frontend. */
  readonly temporalAddress: string;
}

const ENV_FILE = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../.dev/env');

/** The servers that `./dev up` started, or that the environment names (environment > `.dev/env` > throw). */
export function testServers(): TestServers {
  const file = existsSync(ENV_FILE) ? parseEnvFile(readFileSync(ENV_FILE, 'utf8')) : {};
  const setting = (name: string): string => {
    const value = process.env[name] ?? file[name];
    if (value === undefined || value === '') {
      throw new Error(
        `Expected ${name} in the environment or in .dev/env, found none. Run ./dev up, or use ./dev test.`,
      );
    }
    return value;
  };
  return {
    mysqlA: parseServer(setting('STERNA_TEST_MYSQL')),
    mysqlB: parseServer(setting('STERNA_TEST_MYSQL_B')),
    temporalAddress: setting('TEMPORAL_ADDRESS'),
  };
}

/** Address of a server as the code under test takes it. */
export function connectionConfig(server: TestServer): ConnectionConfig {
  return {
    host: server.host,
    port: server.port,
    user: server.user,
    password: () => Promise.resolve(server.password),
    tls: { mode: 'disabled' },
  };
}

/** The server as an inventory entry's `dsn`. */
export function dsn(server: TestServer): string {
  const { host, port, user, password } = server;
  const secret = password === '' ? '' : `:${encodeURIComponent(password)}`;
  return `mysql://${encodeURIComponent(user)}${secret}@${host}:${port}/`;
}

/** A connection that is the test's own: never counted as one of Sterna's. */
export function connect(server: TestServer, namespace?: string): Promise<Connection> {
  return mysql.createConnection({
    host: server.host,
    port: server.port,
    user: server.user,
    password: server.password,
    charset: 'utf8mb4',
    timezone: 'Z',
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    multipleStatements: true,
    ...(namespace === undefined ? {} : { database: namespace }),
  });
}

function parseServer(text: string): TestServer {
  const url = new URL(text);
  return {
    host: url.hostname,
    port: url.port === '' ? 3306 : Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
  };
}
