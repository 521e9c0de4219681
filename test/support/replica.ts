import { connect, type TestServer } from './servers.js';
import { MysqlProcess } from './mysql-process.js';
import { until } from './until.js';

/** A server with a replica of its own, by GTIDs. */
export class ReplicatedServer implements AsyncDisposable {
  private constructor(
    readonly source: MysqlProcess,
    readonly replica: MysqlProcess,
  ) {}

  static async start(): Promise<ReplicatedServer> {
    const [source, replica] = await Promise.all([MysqlProcess.start(), MysqlProcess.start()]);
    const pair = new ReplicatedServer(source, replica);
    const { host, port, user } = source.server;
    await pair.onReplica(
      `CHANGE REPLICATION SOURCE TO SOURCE_HOST = '${host}', SOURCE_PORT = ${port}, SOURCE_USER = '${user}',
         SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1, SOURCE_CONNECT_RETRY = 1; START REPLICA`,
    );
    await until('the source knows its replica', async () => (await query(source.server, 'SHOW REPLICAS')).length > 0);
    return pair;
  }

  onReplica<T>(sql: string): Promise<T[]> {
    return query<T>(this.replica.server, sql);
  }

  /** Waits until the replica has everything that the source has now; throws what has stopped it. */
  async caughtUp(): Promise<void> {
    const [row] = await query<{ gtids: string }>(this.source.server, 'SELECT @@GLOBAL.gtid_executed AS gtids');
    await until('the replica has caught up', async () => {
      const [status] = await this.onReplica<Record<string, string>>('SHOW REPLICA STATUS');
      const told = `${status?.['Last_IO_Error'] ?? ''}${status?.['Last_SQL_Error'] ?? ''}`;
      if (told !== '') throw new Error(`The replica has stopped: ${told}`);
      const [reached] = await this.onReplica<{ all: number }>(
        `SELECT GTID_SUBSET('${row?.gtids ?? ''}', @@GLOBAL.gtid_executed) AS \`all\``,
      );
      return Number(reached?.all) === 1;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.replica[Symbol.asyncDispose](), this.source[Symbol.asyncDispose]()]);
  }
}

/** On a connection of its own: servers come and go. */
async function query<T>(server: TestServer, sql: string): Promise<T[]> {
  const connection = await connect(server);
  try {
    const [rows] = await connection.query(sql);
    return Array.isArray(rows) ? (rows as T[]) : [];
  } finally {
    await connection.end();
  }
}
