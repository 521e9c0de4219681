import mysql, { type ConnectionOptions, type Pool } from 'mysql2/promise';
import type { ConnectionConfig, TlsConfig } from './connection-config.js';
import { answered, PATIENCE } from './answered.js';
import { type Row, Session, type SqlValue } from './session.js';
import { translateError } from './server-error.js';

export interface SessionOptions {
  /** Default namespace (MySQL schema) of the session. */
  readonly namespace?: string;
  /** `SET SESSION` before the first use, e.g. `{ lock_wait_timeout: 5 }`. */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** Charset of the client side. @default 'utf8mb4' */
  readonly charset?: string;
  /** Connection attributes, visible in `performance_schema`. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Aborting it ends the running statement on the server, and every later one before it is sent. */
  readonly signal?: AbortSignal;
  /** Milliseconds in which every statement has to be answered (`connection_lost`). @default no limit */
  readonly answerMs?: number;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** The server's maximum, a year: a session that waits for a cutover must not be ended for its silence. */
export const LONGEST_WAIT_SECONDS = 31_536_000;

/** Every session's own, whatever the server has as its global settings. */
const SESSION_SETTINGS = {
  sql_mode: 'NO_AUTO_VALUE_ON_ZERO',
  time_zone: '+00:00',
  autocommit: 1,
  completion_type: 'NO_CHAIN',
  sql_quote_show_create: 1,
  sql_select_limit: Number.MAX_SAFE_INTEGER,
  sql_safe_updates: 0,
  max_execution_time: 0,
  wait_timeout: LONGEST_WAIT_SECONDS,
  lc_messages: 'en_US', // texts of the server are read here and there
} as const;

/**
 * One MySQL server as one user. Short statements share a small pool; work that needs session settings or
 * lasts gets sessions of its own. Knows no namespace by itself (R3).
 */
export class MysqlServer implements AsyncDisposable {
  #sessions = 0;
  private constructor(
    private readonly options: ConnectionOptions,
    private readonly pool: Pool,
  ) {}

  /** Opens no connection yet. */
  static async open(config: ConnectionConfig, poolSize = 4): Promise<MysqlServer> {
    const options: ConnectionOptions = {
      host: config.host,
      port: config.port,
      user: config.user,
      password: await config.password(),
      charset: 'utf8mb4',
      timezone: 'Z',
      dateStrings: true,
      supportBigNumbers: true,
      connectTimeout: CONNECT_TIMEOUT_MS,
      multipleStatements: false,
      ...tlsOptions(config.tls),
    };
    const pool = mysql.createPool({ ...options, connectionLimit: poolSize, maxIdle: 1, idleTimeout: 30_000 });
    return new MysqlServer(options, pool);
  }

  /** Sessions open now, without the pool. */
  get openSessions(): number {
    return this.#sessions;
  }

  /** One short statement on a shared connection. Names must be qualified; session state must not be set. */
  async query<T extends Row = Row>(sql: string, values: readonly SqlValue[] = []): Promise<T[]> {
    try {
      const rows = await this.#short(sql, values);
      return Array.isArray(rows) ? (rows as T[]) : [];
    } catch (error) {
      throw translateError(error, sql.trim().split(/\s+/).slice(0, 4).join(' '));
    }
  }

  async connect({
    namespace,
    settings = {},
    charset = 'utf8mb4',
    attributes = {},
    signal,
    answerMs,
  }: SessionOptions = {}): Promise<Session> {
    let connection;
    try {
      connection = await mysql.createConnection({
        ...this.options,
        charset,
        connectAttributes: { ...attributes },
        ...(namespace === undefined ? {} : { database: namespace }),
      });
    } catch (error) {
      throw translateError(error, 'connecting');
    }
    this.#sessions += 1;
    let open = true;
    const session = new Session(
      connection,
      (threadId) => this.kill(threadId, 'QUERY'),
      () => {
        if (open) this.#sessions -= 1;
        open = false;
      },
      signal,
      answerMs,
    );
    try {
      const all: Record<string, string | number> = { ...SESSION_SETTINGS, ...settings };
      const names = Object.keys(all);
      await session.execute(
        `SET ${names.map((name) => `SESSION ${name} = ?`).join(', ')}`,
        names.map((name) => all[name] as string | number),
      );
      return session;
    } catch (error) {
      session.destroy();
      throw error;
    }
  }

  async #short(sql: string, values: readonly SqlValue[]): Promise<unknown> {
    const connection = await this.pool.getConnection();
    const cut = new AbortController();
    try {
      const answer = connection.query({ sql, values: [...values] });
      const [rows] = await answered(answer, PATIENCE.kill, sql.slice(0, 20), () => {
        cut.abort();
        connection.destroy();
      });
      return rows;
    } finally {
      if (!cut.signal.aborted) connection.release();
    }
  }

  /** Ends a statement or a connection; that it is gone already is success. */
  async kill(threadId: number, what: 'QUERY' | 'CONNECTION'): Promise<void> {
    try {
      await this.#short(`KILL ${what} ${Number(threadId)}`, []);
    } catch (error) {
      if ((error as { errno?: number }).errno !== 1094 /* ER_NO_SUCH_THREAD */)
        throw translateError(error, `KILL ${what}`);
    }
  }

  /** Options for the binlog reader, which opens its own connections through the same driver. */
  get driverOptions(): ConnectionOptions {
    return this.options;
  }

  async close(): Promise<void> {
    try {
      await this.pool.end();
    } catch (error) {
      // A connection that is gone, or that never came about, is closed.
      const told = translateError(error, 'closing');
      if (told.code !== 'server_unreachable' && told.code !== 'connection_lost') throw told;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function tlsOptions(tls: TlsConfig): Pick<ConnectionOptions, 'ssl'> {
  const ca = tls.ca === undefined ? {} : { ca: tls.ca };
  switch (tls.mode) {
    case 'disabled':
    case 'preferred':
      return {};
    case 'required':
      return { ssl: { rejectUnauthorized: false, ...ca } };
    case 'verify-ca':
      return { ssl: { rejectUnauthorized: true, verifyIdentity: false, ...ca } };
    case 'verify-identity':
      return { ssl: { rejectUnauthorized: true, verifyIdentity: true, ...ca } };
  }
}
