import { randomBytes } from 'node:crypto';
import { hearNothingOf } from './heard.js';
import { connect, testServers, type TestServer } from './servers.js';

/**
 * A MySQL user of one test. Its connections can be told from everybody else's, which is how a leak is found
 * (`findLeaks`), and its rights can be narrowed.
 */
export class TestAccount implements AsyncDisposable {
  private constructor(
    /** The server as this user reaches it. */
    public server: TestServer,
    private readonly admin: TestServer,
  ) {}

  /** @param grants statements after `GRANT`, without the `TO`, e.g. `SELECT ON app.*`. @default everything */
  static async create({
    server = testServers().mysqlA,
    grants = ['ALL ON *.*'],
  }: { server?: TestServer; grants?: readonly string[] } = {}): Promise<TestAccount> {
    const user = `st_${randomBytes(6).toString('hex')}`;
    const password = randomBytes(12).toString('base64url');
    hearNothingOf(user, password);
    const connection = await connect(server);
    try {
      await connection.query('CREATE USER ? IDENTIFIED BY ?', [user, password]);
      for (const grant of grants) await connection.query(`GRANT ${grant} TO ?`, [user]);
    } finally {
      await connection.end();
    }
    return new TestAccount({ ...server, user, password }, server);
  }

  get user(): string {
    return this.server.user;
  }

  /** Another password, on the server at once. */
  async rotate(): Promise<void> {
    const password = randomBytes(12).toString('base64url');
    hearNothingOf(password);
    const connection = await connect(this.admin);
    await connection.query('ALTER USER ? IDENTIFIED BY ?', [this.user, password]).finally(() => connection.end());
    this.server = { ...this.server, password };
  }

  async grant(what: string): Promise<void> {
    const connection = await connect(this.admin);
    await connection.query(`GRANT ${what} TO ?`, [this.user]).finally(() => connection.end());
  }

  async drop(): Promise<void> {
    const connection = await connect(this.admin);
    await connection.query('DROP USER IF EXISTS ?', [this.user]).finally(() => connection.end());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drop();
  }
}
