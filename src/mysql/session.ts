import type { Connection, ResultSetHeader } from 'mysql2/promise';
import { translateError } from './server-error.js';

export type SqlValue = string | number | boolean | null | Buffer;
export type Row = Record<string, unknown>;

export interface QueryOptions {
  /** Aborting kills the running statement on the server and throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface Executed {
  readonly affectedRows: number;
  readonly warnings: number;
}

/**
 * One connection of its own, with its own settings and default namespace. Whoever opens it closes it.
 * Statements are sent as text with client-side parameters: `values` are escaped for `sql_mode` without
 * NO_BACKSLASH_ESCAPES, which `MysqlServer.connect` guarantees.
 */
export class Session implements AsyncDisposable {
  #broken: Error | undefined;
  constructor(
    private readonly connection: Connection,
    private readonly killQuery: (threadId: number) => Promise<void>,
    private readonly onClose: () => void,
    /** Of every statement that has none of its own. */
    private readonly signal?: AbortSignal,
  ) {
    // An idle connection that breaks is found out at its next use.
    connection.on('error', (error: Error) => (this.#broken = error));
  }

  get threadId(): number {
    return this.connection.threadId;
  }

  async query<T extends Row = Row>(
    sql: string,
    values: readonly SqlValue[] = [],
    options: QueryOptions = {},
  ): Promise<T[]> {
    const result = await this.#run(sql, values, options);
    return Array.isArray(result) ? (result as T[]) : [];
  }

  async execute(sql: string, values: readonly SqlValue[] = [], options: QueryOptions = {}): Promise<Executed> {
    const result = (await this.#run(sql, values, options)) as ResultSetHeader;
    return { affectedRows: result.affectedRows, warnings: result.warningStatus };
  }

  /** Runs `work` in a transaction; rolls back when it throws. */
  async transaction<T>(work: () => Promise<T>): Promise<T> {
    await this.execute('START TRANSACTION');
    try {
      const result = await work();
      await this.execute('COMMIT');
      return result;
    } catch (error) {
      // The first error is the one that matters; a connection that cannot roll back is dead, and so is
      // its transaction.
      await this.execute('ROLLBACK').catch(() => this.destroy());
      throw error;
    }
  }

  async close(): Promise<void> {
    this.onClose();
    await this.connection.end().catch(() => this.connection.destroy());
  }

  /** Cuts the connection without a farewell. */
  destroy(): void {
    this.onClose();
    this.connection.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #run(sql: string, values: readonly SqlValue[], { signal = this.signal }: QueryOptions): Promise<unknown> {
    signal?.throwIfAborted();
    if (this.#broken !== undefined) throw translateError(this.#broken, firstWords(sql));
    let killed: Promise<void> | undefined;
    const onAbort = (): void => {
      // A kill that cannot be sent: the connection is cut, and the server ends the statement when it notices.
      killed = this.killQuery(this.threadId).catch(() => this.destroy());
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      const [result] = await this.connection.query({ sql, values: [...values] });
      return result;
    } catch (error) {
      signal?.throwIfAborted();
      throw translateError(error, firstWords(sql));
    } finally {
      signal?.removeEventListener('abort', onAbort);
      await killed; // so that the kill never hits the next statement
    }
  }
}

/** Enough of a statement to recognise it, without its values. */
function firstWords(sql: string): string {
  return sql.trim().split(/\s+/).slice(0, 4).join(' ').slice(0, 120);
}
