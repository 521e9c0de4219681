import { setTimeout as delay } from 'node:timers/promises';
import type { Connection, ResultSetHeader } from 'mysql2/promise';
import { connect, type TestServer } from '../../test/support/servers.js';
import { mulberry32 } from '../../test/support/random.js';

/** How a row's number becomes its key. */
export interface LoadKey {
  readonly columns: readonly string[];
  readonly of: (number: number) => readonly (string | number)[];
}

const NUMBER_KEY: LoadKey = { columns: ['id'], of: (id) => [id] };

export interface LoadOptions {
  readonly server: TestServer;
  readonly namespace: string;
  /** Writes a second; 0: none. */
  readonly rate: number;
  /** The table holds the numbers from 1 to it, and nothing else. */
  readonly rows: number;
  readonly key?: LoadKey | undefined;
}

interface LoadRow {
  readonly k: number;
  readonly note: string;
}

/**
 * Writes to single rows of the table `t` with a key, `k` and `note`, on one connection, each answered before the next is
 * sent; half of them to the newest rows, as applications do. Every acknowledged write is journalled.
 */
export class Load {
  acknowledged = 0;
  /** Writes that the server refused, such as the victims of deadlocks. They changed nothing. */
  refused = 0;
  /** Number -> expected row; null: deleted. */
  readonly #journal = new Map<number, LoadRow | null>();
  readonly #key: LoadKey;
  #latencies: number[] = [];
  #stopped = false;
  #done: Promise<void> = Promise.resolve();

  private constructor(
    private readonly connection: Connection,
    private readonly options: LoadOptions,
  ) {
    this.#key = options.key ?? NUMBER_KEY;
  }

  static async start(options: LoadOptions): Promise<Load> {
    const load = new Load(await connect(options.server, options.namespace), options);
    load.#done = load.#run();
    load.#done.catch(() => undefined); // thrown by `stop`
    return load;
  }

  /** Milliseconds of the writes since it was asked last, sorted. */
  takeLatencies(): number[] {
    const latencies = this.#latencies.sort((a, b) => a - b);
    this.#latencies = [];
    return latencies;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done.finally(() => this.connection.end());
  }

  /** Acknowledged writes that are not in the table as they should be, and rows too many or too few. After `stop`. */
  async countWrong(connection: Connection): Promise<number> {
    const columns = this.#key.columns.join(', ');
    const numbers = [...this.#journal.keys()];
    let [expected, wrong] = [this.options.rows, 0];
    for (let i = 0; i < numbers.length; i += 1_000) {
      const part = numbers.slice(i, i + 1_000);
      const [rows] = await connection.query(`SELECT ${columns}, k, note FROM t WHERE (${columns}) IN (?)`, [
        part.map((number) => this.#key.of(number)),
      ]);
      const found = new Map(
        (rows as Record<string, string | number>[]).map((row) => [
          JSON.stringify(this.#key.columns.map((column) => String(row[column]))),
          `${row.k} ${row.note}`,
        ]),
      );
      for (const number of part) {
        const row = this.#journal.get(number);
        expected += (row ? 1 : 0) - (number <= this.options.rows ? 1 : 0);
        if (found.get(JSON.stringify(this.#key.of(number).map(String))) !== (row ? `${row.k} ${row.note}` : undefined))
          wrong += 1;
      }
    }
    const [[count]] = (await connection.query('SELECT COUNT(*) AS n FROM t')) as unknown as [[{ n: number | string }]];
    return wrong + Math.abs(Number(count.n) - expected);
  }

  async #run(): Promise<void> {
    const { columns } = this.#key;
    const insert = `INSERT INTO t (k, note, ${columns.join(', ')}) VALUES (?, ?${', ?'.repeat(columns.length)})`;
    const assign = ['k', 'note', ...columns].map((column) => `${column} = ?`).join(', ');
    const where = columns.map((column) => `${column} = ?`).join(' AND ');
    const random = mulberry32(1);
    const started = performance.now();
    let top = this.options.rows;
    for (let n = 0; this.options.rate > 0 && !this.#stopped; n += 1) {
      const ahead = started + (n * 1_000) / this.options.rate - performance.now();
      if (ahead > 0) await delay(ahead);
      const row = { k: Math.floor(random() * 1_000_000), note: `write ${n}` };
      const number = 1 + Math.floor((random() < 0.5 ? 1 - random() * 0.01 : random()) * top);
      const key = this.#key.of(number);
      const dice = random();
      if (dice < 0.3) {
        top += 1;
        await this.#write(insert, [row.k, row.note, ...this.#key.of(top)], new Map([[top, row]]));
      } else if (dice < 0.8) {
        await this.#write(
          `UPDATE t SET k = ?, note = ? WHERE ${where}`,
          [row.k, row.note, ...key],
          new Map([[number, row]]),
        );
      } else if (dice < 0.9) {
        top += 1;
        await this.#write(
          `UPDATE t SET ${assign} WHERE ${where}`,
          [row.k, row.note, ...this.#key.of(top), ...key],
          new Map([
            [number, null],
            [top, row],
          ]),
        );
      } else {
        await this.#write(`DELETE FROM t WHERE ${where}`, [...key], new Map([[number, null]]));
      }
    }
  }

  /** A write that finds no row changes nothing. */
  async #write(sql: string, values: unknown[], rows: ReadonlyMap<number, LoadRow | null>): Promise<void> {
    const started = performance.now();
    try {
      const [{ affectedRows }] = await this.connection.query<ResultSetHeader>(sql, values);
      if (affectedRows > 0) for (const [number, row] of rows) this.#journal.set(number, row);
      this.acknowledged += 1;
    } catch (error) {
      if ((error as { errno?: number }).errno === undefined || (error as { fatal?: boolean }).fatal === true)
        throw error;
      this.refused += 1;
    }
    this.#latencies.push(performance.now() - started);
  }
}
