import { randomBytes } from 'node:crypto';
import type { Connection } from 'mysql2/promise';
import { connect, testServers, type TestServer } from './servers.js';

/** Schemas and accounts that tests make begin with this, so that leftovers of a killed run can be told. */
export const TEST_PREFIX = 'sternatest_';

/** A name that no other test uses, e.g. `sternatest_copy_3f9c21d0`; also fit for task queues and targets. */
export function uniqueName(label: string): string {
  return `${TEST_PREFIX}${label}_${randomBytes(4).toString('hex')}`;
}

/** A MySQL schema of one test (file) with the test's own connection to it. Whoever creates it drops it. */
export class TestNamespace implements AsyncDisposable {
  private constructor(
    readonly name: string,
    readonly server: TestServer,
    readonly connection: Connection,
  ) {}

  static async create(label: string, server: TestServer = testServers().mysqlA): Promise<TestNamespace> {
    const name = uniqueName(label);
    const connection = await connect(server);
    await connection.query(`CREATE DATABASE \`${name}\``);
    await connection.query(`USE \`${name}\``);
    return new TestNamespace(name, server, connection);
  }

  /** Rows of a statement; integers over 2^53 come as strings, dates as text. */
  async query<T = Record<string, unknown>>(sql: string, values: readonly unknown[] = []): Promise<T[]> {
    const [rows] = await this.connection.query(sql, [...values]);
    return Array.isArray(rows) ? (rows as T[]) : [];
  }

  /** Names of the base tables, sorted. */
  async tables(): Promise<string[]> {
    const rows = await this.query<{ name: string }>(
      'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ? ORDER BY table_name',
      [this.name],
    );
    return rows.map((row) => row.name);
  }

  async drop(): Promise<void> {
    // Not on `connection`: a test may have killed it. Foreign keys do not stop a schema from going.
    const connection = await connect(this.server);
    await connection.query(`DROP DATABASE IF EXISTS \`${this.name}\``).finally(() => connection.end());
    await this.connection.end().catch(() => this.connection.destroy());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drop();
  }
}
