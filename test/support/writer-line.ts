import { setTimeout as delay } from 'node:timers/promises';
import type { Connection, ResultSetHeader } from 'mysql2/promise';
import { connect } from './servers.js';
import type { Writer } from './writer.js';

/** Answers after which a statement, and with it its transaction, has changed nothing. */
const REFUSED = new Set([
  1021, // ER_DISK_FULL
  1114, // ER_RECORD_FILE_FULL
  1205, // ER_LOCK_WAIT_TIMEOUT
  1213, // ER_LOCK_DEADLOCK
  1290, // ER_OPTION_PREVENTS_STATEMENT: read-only
  1412, // ER_TABLE_DEF_CHANGED
  1836, // ER_READ_ONLY_MODE
]);
/** Answers after which a connection is of no use any more. */
const ENDED = new Set([
  1053, // ER_SERVER_SHUTDOWN
  1317, // ER_QUERY_INTERRUPTED
  3169, // ER_SESSION_WAS_KILLED
  4031, // ER_CLIENT_INTERACTION_TIMEOUT
]);

/** Thrown where a transaction has ended without a change. */
export class RolledBack extends Error {}

/** Thrown where the connection broke. */
export class Lost extends Error {}

/** A connection that is opened again when it breaks. */
export class Line {
  #connection: Connection | undefined;
  constructor(private readonly writer: Writer) {}

  /** Throws `RolledBack` for what has changed nothing, `Lost` for what is not known, and the server's error for the rest. */
  async query(sql: string, values: unknown[] = []): Promise<ResultSetHeader> {
    const connection = await this.#connected();
    const started = performance.now();
    try {
      const [result] = await connection.query(sql, values);
      this.writer.latencies.push(performance.now() - started);
      return result as ResultSetHeader;
    } catch (error) {
      const { errno = 0, fatal, sqlState } = error as { errno?: number; fatal?: boolean; sqlState?: string };
      if (REFUSED.has(errno)) throw new RolledBack(String(error), { cause: error });
      const isLost = fatal === true || sqlState === undefined || ENDED.has(errno);
      if (!isLost) throw Object.assign(error as Error, { message: `${(error as Error).message} (${sql})` });
      this.cut();
      throw new Lost(String(error), { cause: error });
    }
  }

  cut(): void {
    this.#connection?.destroy();
    this.#connection = undefined;
  }

  async close(): Promise<void> {
    await this.#connection?.end().catch(() => this.#connection?.destroy());
    this.#connection = undefined;
  }

  async #connected(): Promise<Connection> {
    while (this.#connection === undefined) {
      try {
        const connection = await connect(this.writer.options.server, this.writer.options.namespace);
        connection.on('error', () => undefined); // seen by the next statement
        this.#connection = connection;
      } catch (error) {
        // The server is away: an application tries again, unless nobody waits for it any more.
        if (this.writer.stopped) throw new Lost(String(error), { cause: error });
        await delay(50);
      }
    }
    return this.#connection;
  }
}
