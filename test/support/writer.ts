import type { Connection } from 'mysql2/promise';
import { connect, type TestServer } from './servers.js';

export interface WriterOptions {
  readonly server: TestServer;
  readonly namespace: string;
  readonly table: string;
  /** Writes a second. */
  readonly rate: number;
  readonly seed?: number;
}

/**
 * An application that inserts, updates (key columns too) and deletes rows of a table
 * `(id BIGINT AUTO_INCREMENT PRIMARY KEY, k INT, note VARCHAR(…))`, and journals every acknowledged
 * write with the row's expected value. A write whose outcome is unknown (a lost connection) is
 * journalled as such: either value may be found.
 */
export class Writer {
  /** id -> expected row; null: deleted. */
  readonly journal = new Map<number, { k: number; note: string } | null>();
  /** Ids whose last write was not answered. */
  readonly uncertain = new Set<number>();
  /** Milliseconds of every acknowledged write. */
  readonly latencies: number[] = [];
  acknowledged = 0;
  #stop = false;
  #done: Promise<void> = Promise.resolve();
  #random: () => number;
  #sequence = 0;

  private constructor(
    private connection: Connection,
    private readonly options: WriterOptions,
  ) {
    this.#random = mulberry32(options.seed ?? 1);
  }

  static async start(options: WriterOptions): Promise<Writer> {
    const connection = await connect(options.server, options.namespace);
    connection.on('error', () => undefined); // seen by the next write, which reconnects
    const writer = new Writer(connection, options);
    const [rows] = await connection.query(`SELECT MAX(id) AS top FROM \`${options.table}\``);
    const top = Number((rows as { top: string | null }[])[0]?.top ?? 0);
    writer.#done = writer.#run(top);
    return writer;
  }

  async stop(): Promise<void> {
    this.#stop = true;
    await this.#done;
    await this.connection.end().catch(() => this.connection.destroy());
  }

  /** Differences between the journal and the table, as text; empty when every acknowledged write is there. */
  async differences(connection: Connection): Promise<string[]> {
    const ids = [...this.journal.keys()];
    const found: string[] = [];
    for (let i = 0; i < ids.length; i += 1_000) {
      const part = ids.slice(i, i + 1_000);
      const [rows] = await connection.query(`SELECT id, k, note FROM \`${this.options.table}\` WHERE id IN (?)`, [
        part,
      ]);
      const byId = new Map(
        (rows as { id: number | string; k: number; note: string }[]).map((row) => [Number(row.id), row]),
      );
      for (const id of part) {
        if (this.uncertain.has(id)) continue;
        const expected = this.journal.get(id);
        const row = byId.get(id);
        const same = expected
          ? row !== undefined && Number(row.k) === expected.k && row.note === expected.note
          : row === undefined;
        if (!same) found.push(`id ${id}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(row ?? null)}`);
      }
    }
    return found;
  }

  async #run(top: number): Promise<void> {
    const table = `\`${this.options.table}\``;
    const started = performance.now();
    let next = top + 1;
    for (let n = 0; !this.#stop; n += 1) {
      const ahead = started + (n * 1_000) / this.options.rate - performance.now();
      if (ahead > 0) await new Promise((resolve) => setTimeout(resolve, ahead));
      const dice = this.#random();
      const k = Math.floor(this.#random() * 1_000_000);
      const note = `write ${(this.#sequence += 1)}`;
      // Half of the writes go to the newest rows, as applications do.
      const id = 1 + Math.floor((this.#random() < 0.5 ? 1 - this.#random() * 0.01 : this.#random()) * (next - 1));
      if (dice < 0.3) {
        const fresh = next++;
        await this.#write(
          `INSERT INTO ${table} (id, k, note) VALUES (?, ?, ?)`,
          [fresh, k, note],
          () => [[fresh, { k, note }]],
          [fresh],
        );
      } else if (dice < 0.8) {
        await this.#write(
          `UPDATE ${table} SET k = ?, note = ? WHERE id = ?`,
          [k, note, id],
          (rows) => (rows > 0 ? [[id, { k, note }]] : []),
          [id],
        );
      } else if (dice < 0.9) {
        const fresh = next++;
        await this.#write(
          `UPDATE ${table} SET id = ?, k = ?, note = ? WHERE id = ?`,
          [fresh, k, note, id],
          (rows) =>
            rows > 0
              ? [
                  [id, null],
                  [fresh, { k, note }],
                ]
              : [],
          [id, fresh],
        );
      } else {
        await this.#write(`DELETE FROM ${table} WHERE id = ?`, [id], () => [[id, null]], [id]);
      }
    }
  }

  async #write(
    sql: string,
    values: unknown[],
    journal: (rows: number) => [number, { k: number; note: string } | null][],
    ids: number[],
  ): Promise<void> {
    const started = performance.now();
    try {
      const [result] = await this.connection.query(sql, values);
      this.latencies.push(performance.now() - started);
      this.acknowledged += 1;
      for (const [id, row] of journal((result as { affectedRows: number }).affectedRows)) {
        this.journal.set(id, row);
        this.uncertain.delete(id);
      }
    } catch (error) {
      if ((error as { errno?: number }).errno === 1213 || (error as { errno?: number }).errno === 1205) return; // rolled back
      for (const id of ids) {
        this.uncertain.add(id);
        if (!this.journal.has(id)) this.journal.set(id, null);
      }
      this.connection.destroy();
      while (!this.#stop) {
        try {
          this.connection = await connect(this.options.server, this.options.namespace);
          this.connection.on('error', () => undefined);
          return;
        } catch {
          await new Promise((resolve) => setTimeout(resolve, 100)); // the server is away: an application tries again
        }
      }
    }
  }
}

/** A small seedable generator: a run can be repeated. */
export function mulberry32(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = a;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
