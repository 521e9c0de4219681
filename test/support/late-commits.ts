import type { Connection } from 'mysql2/promise';
import { connect, type TestServer } from './servers.js';
import { until } from './until.js';

/**
 * Semi-synchronous replication without a replica: a commit is in the binlog at once and visible only when the wait for
 * an acknowledgement times out, after 2.5 seconds.
 */
export class LateCommits implements AsyncDisposable {
  private constructor(private readonly admin: Connection) {}

  static async install(server: TestServer): Promise<LateCommits> {
    const admin = await connect(server);
    await admin.query("INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so'");
    await admin.query('SET GLOBAL rpl_semi_sync_source_timeout = 2500');
    return new LateCommits(admin);
  }

  async begin(): Promise<void> {
    await this.admin.query('SET GLOBAL rpl_semi_sync_source_enabled = 1');
  }

  async end(): Promise<void> {
    await this.admin.query('SET GLOBAL rpl_semi_sync_source_enabled = 0');
  }

  /** Returns when a commit is in the binlog and not visible. */
  async waiting(): Promise<void> {
    await until('the commit waits for a replica', async () => {
      const [rows] = await this.admin.query(
        "SELECT COUNT(*) AS n FROM performance_schema.processlist WHERE state LIKE '%semi-sync%ACK%'",
      );
      return Number((rows as { n: string }[])[0]?.n) > 0;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    await this.admin.query('UNINSTALL PLUGIN rpl_semi_sync_source');
    await this.admin.end();
  }
}
