import type { Connection } from 'mysql2/promise';
import { connect, type TestServer } from './servers.js';
import { until } from './until.js';

/**
 * Semi-synchronous replication without a replica: a commit is in the binlog at once and visible only when the wait for
 * an acknowledgement times out, after 2.5 seconds or as long as is asked for.
 */
export class LateCommits implements AsyncDisposable {
  private constructor(private readonly admin: Connection) {}

  static async install(server: TestServer, milliseconds = 2_500): Promise<LateCommits> {
    const admin = await connect(server);
    await admin.query("INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so'");
    await admin.query('SET GLOBAL rpl_semi_sync_source_timeout = ?', [milliseconds]);
    return new LateCommits(admin);
  }

  async begin(): Promise<void> {
    await this.admin.query('SET GLOBAL rpl_semi_sync_source_enabled = 1');
  }

  /** Makes all commits late until aborted; returns how often the server waited in vain. It waits for nobody after that, unless it begins anew. */
  async again(signal: AbortSignal): Promise<number> {
    for (let waits = 0; ; waits += 1) {
      if (signal.aborted) return waits;
      await this.end();
      await this.begin();
      await until(
        'it has waited in vain',
        async () => {
          const [rows] = await this.admin.query("SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_source_status'");
          return signal.aborted || (rows as { Value: string }[])[0]?.Value === 'OFF';
        },
        { intervalMs: 10 },
      );
    }
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
