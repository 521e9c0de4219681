import type { Connection } from 'mysql2/promise';
import { connect, type TestServer } from './servers.js';
import { Client } from './writer-client.js';
import { type Place, readRows, same, type Undecided, type WrittenRow } from './written-rows.js';

// The benchmarks take it from here.

export interface WriterOptions {
  readonly server: TestServer;
  readonly namespace: string;
  /** `(id BIGINT AUTO_INCREMENT PRIMARY KEY, k INT, note VARCHAR(…))`, with or without a unique `u BIGINT NULL`. */
  readonly table: string;
  /** A table of the same kind that transactions write to as well. */
  readonly second?: string;
  /** Statements a second, of all connections together. */
  readonly rate: number;
  /** Decides what is written. @default `testSeed()` */
  readonly seed?: number;
  /** @default 3 */
  readonly connections?: number;
  /** Some transactions are prepared as XA transactions and committed or rolled back later. @default false */
  readonly xa?: boolean;
  /** Milliseconds for which the first connection keeps some of its transactions open at most. @default 0 */
  readonly longMs?: number;
}

/**
 * An application on several connections that journals what it writes: inserts, updates, key moves, deletes, ids that
 * come back, unique values swapped between rows; in transactions of one or many rows, of one table or two, rolled back
 * as a whole or to a savepoint, kept open for long, or prepared as XA transactions.
 *
 * Each connection writes rows of its own, so that what must be found in the end is exact: every acknowledged write, no
 * other one, and a transaction whose answer was lost (the connection broke at its COMMIT) as a whole or not at all.
 */
export class Writer {
  /** Rows of `table` that were written: id -> expected row; null: deleted. */
  readonly journal = new Map<number, WrittenRow | null>();
  /** Transactions whose outcome is unknown. Their rows are not touched again. */
  readonly uncertain = new Set<Undecided>();
  /** Milliseconds of every acknowledged statement. */
  readonly latencies: number[] = [];
  /** Statements whose transaction was acknowledged. */
  acknowledged = 0;
  readonly #clients: Client[];
  readonly #done: Promise<unknown>;
  #stopped = false;

  private constructor(
    readonly options: WriterOptions,
    readonly tables: readonly string[],
    readonly hasUnique: boolean,
    clients: (writer: Writer) => Client[],
  ) {
    this.#clients = clients(this);
    this.#done = Promise.all(this.#clients.map((client) => client.run()));
    this.#done.catch(() => undefined); // thrown by `stop`
  }

  static async start(options: WriterOptions): Promise<Writer> {
    const tables = options.second === undefined ? [options.table] : [options.table, options.second];
    const connection = await connect(options.server, options.namespace);
    try {
      const [columns] = await connection.query(`SHOW COLUMNS FROM \`${options.table}\` LIKE 'u'`);
      const hasUnique = (columns as unknown[]).length > 0;
      const rows = await Promise.all(tables.map((table) => readRows(connection, table, hasUnique)));
      const count = options.connections ?? 3;
      return new Writer(options, tables, hasUnique, (writer) =>
        Array.from({ length: count }, (_, index) => new Client(writer, index, count, rows)),
      );
    } finally {
      await connection.end();
    }
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** Ends what is under way, settles every prepared transaction, and throws what went wrong on a connection. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done.finally(() => Promise.all(this.#clients.map((client) => client.settle())));
  }

  /**
   * Differences between what must be in the tables and what is, as text; empty when every acknowledged write is there
   * and nothing else. Only after `stop`.
   */
  async differences(connection: Connection): Promise<string[]> {
    const expected = new Map<Place, WrittenRow>(this.#clients.flatMap((client) => [...client.rows]));
    const found = new Map<Place, WrittenRow>();
    for (const [index, table] of this.tables.entries())
      for (const [id, row] of await readRows(connection, table, this.hasUnique)) found.set(`${index}:${id}`, row);
    const differences: string[] = [];
    for (const each of this.uncertain) {
      // An id that a server gave out and forgot when it was killed may be another row's by now.
      const is = (rows: Undecided['before']): boolean =>
        [...rows].every(([place, row]) => same(row ?? expected.get(place), found.get(place)));
      if (each.inserted !== undefined) {
        const { table, row } = each.inserted;
        // Its note is its own. Whether it came, and where, only the table tells.
        for (const [place, there] of found) if (place.startsWith(`${table}:`) && same(row, there)) found.delete(place);
      } else if (!is(each.before) && !is(each.after)) {
        const stand = [...each.before.keys()].map((place) => [place, found.get(place) ?? null]);
        differences.push(
          `half of a transaction: before ${JSON.stringify([...each.before])}, after ${JSON.stringify([...each.after])}, found ${JSON.stringify(stand)}`,
        );
      }
      for (const place of each.before.keys()) if (!expected.has(place)) found.delete(place);
    }
    for (const place of new Set([...expected.keys(), ...found.keys()])) {
      if (!same(expected.get(place), found.get(place)))
        differences.push(
          `${this.tables[Number(place.split(':')[0])]} ${place.split(':')[1]}: expected ${JSON.stringify(expected.get(place) ?? null)}, found ${JSON.stringify(found.get(place) ?? null)}`,
        );
    }
    return differences;
  }
}
