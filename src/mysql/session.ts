import type { Socket } from 'node:net';
import type { Connection, ResultSetHeader } from 'mysql2/promise';
import { SternaError } from '../contract/index.js';
import { answered, PATIENCE } from './answered.js';
import { translateError } from './server-error.js';

/** What may stand for a `?` of a statement. */
export type SqlValue = string | number | boolean | null | Buffer;
/** A row by the names of its columns: numbers, and texts where a number could lose digits; times as texts in UTC. */
export type Row = Record<string, unknown>;

/** Of one statement. */
export interface QueryOptions {
  /** Aborting kills the running statement on the server and throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** For what may take hours: the session's limit of waiting for an answer does not count. @default false */
  readonly patient?: boolean;
}

/** What became of a statement that gives no rows. */
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
  #limit: AbortSignal | undefined;
  /** Rejected when the connection is cut here: the driver says nothing then to statements that wait for an answer. */
  readonly #cut: Promise<never>;
  #rejectCut: (error: Error) => void = () => undefined;
  constructor(
    private readonly connection: Connection,
    private readonly killQuery: (threadId: number) => Promise<void>,
    private readonly onClose: () => void,
    /** Of every statement that has none of its own. */
    private readonly signal?: AbortSignal,
    /** Milliseconds in which every statement has to be answered; the connection is cut when one is not. */
    private readonly answerMs?: number,
  ) {
    this.#cut = new Promise((_, reject) => (this.#rejectCut = reject));
    this.#cut.catch(() => undefined); // there may be nobody who waits
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

  /** Every statement of `work` ends with the signal at the latest: it is killed on the server, and throws the reason. */
  async limited<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    this.#limit = this.signal === undefined ? signal : AbortSignal.any([signal, this.signal]);
    try {
      return await work();
    } finally {
      this.#limit = undefined;
    }
  }

  async close(): Promise<void> {
    this.onClose();
    await Promise.race([this.connection.end(), this.#cut]).catch(() => this.connection.destroy());
  }

  /** Cuts the connection without a farewell, and ends what waits for its answers. */
  destroy(
    error: Error = new SternaError('connection_lost', 'The connection to the server was cut on this side.'),
  ): void {
    this.onClose();
    this.#broken ??= error;
    this.#rejectCut(error);
    this.connection.destroy();
    // The driver only says that it sends nothing more, and keeps the socket until the other side has closed it.
    (this.connection as unknown as { connection: { stream: Socket } }).connection.stream.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #run(
    sql: string,
    values: readonly SqlValue[],
    { signal = this.#limit ?? this.signal, patient = false }: QueryOptions,
  ): Promise<unknown> {
    signal?.throwIfAborted();
    if (this.#broken !== undefined) throw translateError(this.#broken, firstWords(sql));
    let killed: Promise<void> | undefined;
    const onAbort = (): void => {
      // A kill that cannot be sent, or that helps nothing: the connection is cut, and the server ends the statement when
      // it notices.
      killed = this.killQuery(this.threadId)
        .then(() => answered(settled, PATIENCE.kill, firstWords(sql), () => undefined))
        .catch((error: unknown) => this.destroy(error as Error));
    };
    const answer = Promise.race([this.connection.query({ sql, values: [...values] }), this.#cut]);
    const settled = answer.then(
      () => undefined,
      () => undefined,
    );
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      const [result] =
        patient || this.answerMs === undefined
          ? await answer
          : await answered(answer, this.answerMs, firstWords(sql), (error) => this.destroy(error));
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
