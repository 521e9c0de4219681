import { isIP, type Socket } from 'node:net';
import { Semaphore, type SemaphoreInterface, withTimeout } from 'async-mutex';
import mysql, { type ConnectionOptions, type Pool } from 'mysql2/promise';
import { SternaError } from '../contract/index.js';
import type { ConnectionConfig } from './connection-config.js';
import { answered, PATIENCE } from './answered.js';
import { type Row, Session, type SqlValue } from './session.js';
import { translateError } from './server-error.js';

/** Of one connection. */
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
  /** Opened at once, however many there are: a stop waits for nobody (C1). @default false */
  readonly urgent?: boolean;
  /** Milliseconds in which every statement has to be answered (`connection_lost`). @default no limit */
  readonly answerMs?: number;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** A server has room for others as well: 151 connections by default. Many plans at once wait for each other instead. */
export const SESSION_BOUNDS = { most: 100, waitMs: 30_000 };
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
  readonly #sessions = new Set<Session>();
  readonly #room: SemaphoreInterface = withTimeout(
    new Semaphore(SESSION_BOUNDS.most),
    SESSION_BOUNDS.waitMs,
    new SternaError(
      'server_unreachable',
      `Expected room for another session of this worker on the server within ${SESSION_BOUNDS.waitMs / 1_000} s, it has ${SESSION_BOUNDS.most} already. It is tried again; run fewer operations on this target at once.`,
    ),
  );
  /** Connections of the pool that are open. */
  readonly #pooled = new Set<Socket>();
  #options: ConnectionOptions;
  #pool: Pool;
  #closed = false;
  private constructor(
    options: ConnectionOptions,
    private readonly poolSize: number,
    /** TLS is left out where the server offers none. */
    private readonly tlsIsPreferred: boolean,
  ) {
    this.#options = options;
    this.#pool = this.#createPool();
  }

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
      ...tlsOptions(config),
    };
    return new MysqlServer(options, poolSize, config.tls.mode === 'preferred');
  }

  /** Open now, or being opened, but for binlog streams. */
  get openConnections(): number {
    return this.#sessions.size + this.#pooled.size;
  }

  /** Sessions open now, without the pool. */
  get openSessions(): number {
    return this.#sessions.size;
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
    urgent = false,
    answerMs,
  }: SessionOptions = {}): Promise<Session> {
    const leave = urgent ? () => undefined : (await this.#room.acquire())[1];
    let connection;
    try {
      connection = await this.#connected(() =>
        mysql.createConnection({
          ...this.#options,
          charset,
          connectAttributes: { ...attributes },
          ...(namespace === undefined ? {} : { database: namespace }),
        }),
      );
    } catch (error) {
      leave();
      throw translateError(error, 'connecting');
    }
    const session: Session = new Session(
      connection,
      (threadId) => this.kill(threadId, 'QUERY'),
      () => {
        if (this.#sessions.delete(session)) leave();
      },
      signal,
      answerMs,
    );
    this.#sessions.add(session);
    try {
      if (this.#closed) throw closedMeanwhile();
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
    const connection = await this.#connected(() => this.#pool.getConnection());
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
  async driverOptions(): Promise<ConnectionOptions> {
    if (this.tlsIsPreferred) await this.query('DO 0'); // finds out whether there is TLS
    return this.#options;
  }

  /** Cuts off what still uses it: whoever has to wait for that does so before (K4). */
  async close(): Promise<void> {
    this.#closed = true;
    for (const session of this.#sessions) session.destroy(closedMeanwhile());
    try {
      // The server closes a connection after its farewell.
      const ended = this.#pool.end().then(() => Promise.all([...this.#pooled].map(closing)));
      await answered(ended, PATIENCE.close, 'closing', () => {
        for (const stream of this.#pooled) stream.destroy();
      });
    } catch (error) {
      // A connection that is gone, or that never came about, is closed.
      const told = translateError(error, 'closing');
      if (told.code !== 'server_unreachable' && told.code !== 'connection_lost') throw told;
    }
  }

  #createPool(): Pool {
    const pool = mysql.createPool({
      ...this.#options,
      connectionLimit: this.poolSize,
      maxIdle: 1,
      idleTimeout: 30_000,
    });
    pool.on('connection', (connection) => {
      const { stream } = connection as unknown as { readonly stream: Socket };
      this.#pooled.add(stream);
      stream.once('close', () => this.#pooled.delete(stream));
    });
    return pool;
  }

  async #connected<T>(open: () => Promise<T>): Promise<T> {
    const tried = this.#options;
    try {
      return await open();
    } catch (error) {
      const hasNoTls = (error as { code?: string }).code === 'HANDSHAKE_NO_SSL_SUPPORT';
      if (this.tlsIsPreferred && hasNoTls && !this.#closed && this.#options === tried) this.#leaveTlsOut();
      // Whoever asked at the same time found a pool that was closed.
      if (this.#options === tried) throw error;
      return open();
    }
  }

  #leaveTlsOut(): void {
    const { ssl: _, ...plain } = this.#options;
    const withTls = this.#pool;
    this.#options = plain;
    this.#pool = this.#createPool();
    // Ends the waiting of those who asked for one of its connections. It has none that works.
    void withTls.end().catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function closing(stream: Socket): Promise<unknown> {
  return new Promise((resolve) => stream.once('close', resolve));
}

function closedMeanwhile(): SternaError {
  return new SternaError('connection_lost', 'The client of the server was closed meanwhile.');
}

function tlsOptions({ host, tls }: ConnectionConfig): Pick<ConnectionOptions, 'ssl'> {
  const ca = tls.ca === undefined ? {} : { ca: tls.ca };
  switch (tls.mode) {
    case 'disabled':
      return {};
    case 'preferred':
    case 'required':
      return { ssl: { rejectUnauthorized: false, ...ca } };
    case 'verify-ca':
      return { ssl: { rejectUnauthorized: true, verifyIdentity: false, ...ca } };
    case 'verify-identity':
      // The driver compares the certificate with `localhost` then, whatever the address.
      if (isIP(host) !== 0)
        throw new SternaError(
          'config_invalid',
          'Expected a host name with TLS verify-identity, got an IP address. Use a name that the certificate of the server has, or verify-ca.',
        );
      return { ssl: { rejectUnauthorized: true, verifyIdentity: true, ...ca } };
  }
}
