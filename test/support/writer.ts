import { setTimeout as delay } from 'node:timers/promises';
import type { Connection, ResultSetHeader } from 'mysql2/promise';
import { connect, type TestServer } from './servers.js';

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

interface WrittenRow {
  readonly k: number;
  readonly note: string;
  readonly u?: string | null;
}

/** Where a row stands: `0:17`, the table's index and the id. */
type Place = `${number}:${number}`;

/** A transaction whose outcome nobody knows: all of `before` or all of `after` may be found, and nothing in between. */
interface Undecided {
  readonly before: ReadonlyMap<Place, WrittenRow | null>;
  readonly after: ReadonlyMap<Place, WrittenRow | null>;
  /** An insert whose id was not answered. */
  readonly inserted?: { readonly table: number; readonly row: WrittenRow };
}

interface Prepared extends Undecided {
  readonly xid: string;
  readonly commit: boolean;
  readonly due: number;
}

/** Decides what is written and where faults come: STERNA_SEED, or always the same. */
export function testSeed(): number {
  if (seed === undefined) {
    seed = Number(process.env.STERNA_SEED ?? 1);
    console.log(`seed ${seed}; STERNA_SEED chooses another one`);
  }
  return seed;
}
let seed: number | undefined;

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

function same(expected: WrittenRow | undefined, found: WrittenRow | undefined): boolean {
  return expected?.k === found?.k && expected?.note === found?.note && (expected?.u ?? null) === (found?.u ?? null);
}

async function readRows(connection: Connection, table: string, hasUnique: boolean): Promise<[number, WrittenRow][]> {
  const [rows] = await connection.query(`SELECT id, k, note${hasUnique ? ', u' : ''} FROM \`${table}\``);
  return (rows as { id: number | string; k: number | string; note: string; u?: number | string | null }[]).map(
    ({ id, k, note, u }) => [
      Number(id),
      { k: Number(k), note, ...(hasUnique ? { u: u === null ? null : String(u) } : {}) },
    ],
  );
}

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
/** For how long an XA transaction stays prepared at most. */
const XA_MS = 500;
const UNKNOWN_XID = 1397; // ER_XAER_NOTA

/** Thrown where a transaction has ended without a change. */
class RolledBack extends Error {}

/** Thrown where the connection broke. */
class Lost extends Error {}

/** A connection that is opened again when it breaks. */
class Line {
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

/** One connection of the writer, and the rows that are its own. */
class Client {
  /** Expected rows, those of the open transaction included. */
  readonly rows: Map<Place, WrittenRow>;
  /** Places of `rows`, to choose from; the newest last, by and large. */
  readonly #places: Place[];
  readonly #at: Map<Place, number>;
  /** Of rows that were there once. */
  readonly #gone = new Set<Place>();
  readonly #prepared: Prepared[] = [];
  readonly #random: () => number;
  /** What was where before the open transaction, in order. */
  #undo: { place: Place; before: WrittenRow | null }[] = [];
  /** An insert whose id has not been answered. */
  #inserting: Undecided['inserted'];
  readonly #line: Line;
  /** For XA transactions that are due: whoever commits them must not wait behind other writes. */
  readonly #settler: Line;
  #sequence = 0;
  #statements = 0;

  constructor(
    private readonly writer: Writer,
    private readonly index: number,
    private readonly count: number,
    tables: readonly (readonly [number, WrittenRow][])[],
  ) {
    const mine = tables.flatMap((rows, table) =>
      rows.filter((_, i) => i % count === index).map(([id, row]): [Place, WrittenRow] => [`${table}:${id}`, row]),
    );
    this.rows = new Map(mine);
    this.#places = [...this.rows.keys()];
    this.#at = new Map(this.#places.map((place, at) => [place, at]));
    this.#line = new Line(writer);
    this.#settler = new Line(writer);
    this.#random = mulberry32((writer.options.seed ?? testSeed()) * 31 + index);
  }

  async run(): Promise<void> {
    await Promise.all([this.#writeOn(), this.#settleOn()]);
  }

  /** What was prepared is committed or rolled back; what was perhaps prepared is there now, or is not. */
  async settle(): Promise<void> {
    await this.#line.close();
    while (this.#prepared.length > 0) await this.#forgiving(() => this.#settle(Infinity));
    await this.#settler.close();
  }

  async #writeOn(): Promise<void> {
    const started = performance.now();
    const each = (1_000 * this.count) / this.writer.options.rate;
    while (!this.writer.stopped) {
      const ahead = started + this.#statements * each - performance.now();
      if (ahead > 0) await delay(ahead);
      await this.#forgiving(() => this.#transact());
    }
  }

  async #settleOn(): Promise<void> {
    while (!this.writer.stopped && this.writer.options.xa === true) {
      await delay(20);
      await this.#forgiving(() => this.#settle(performance.now()));
    }
  }

  async #forgiving(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof RolledBack) && !(error instanceof Lost)) throw error;
      await delay(20);
    }
  }

  // ---------------------------------------------------------------- transactions

  async #transact(): Promise<void> {
    const { xa = false, longMs = 0 } = this.writer.options;
    const dice = this.#random();
    const several = 2 + Math.floor(4 * this.#random());
    if (dice < 0.6) return this.#autocommit();
    if (dice < 0.63 && xa) return this.#prepare(several);
    if (dice < 0.73) {
      return this.#transaction(async () => {
        await this.#write(several);
        throw new RolledBack();
      });
    }
    if (dice < 0.8) {
      return this.#transaction(async () => {
        await this.#write(1);
        await this.#query('SAVEPOINT here');
        const mark = this.#undo.length;
        await this.#write(several);
        await this.#query('ROLLBACK TO SAVEPOINT here');
        this.#takeBack(mark);
        await this.#write(1);
      });
    }
    if (dice < 0.88 && this.writer.hasUnique) return this.#transaction(() => this.#swapUnique());
    return this.#transaction(async () => {
      await this.#write(several);
      if (this.index > 0 || longMs === 0) return;
      const until = performance.now() + longMs * this.#random();
      while (performance.now() < until && !this.writer.stopped) await delay(20);
      await this.#write(1);
    });
  }

  /** One statement that commits by itself. */
  async #autocommit(): Promise<void> {
    try {
      await this.#statement();
      this.#acknowledge(1);
    } catch (error) {
      if (error instanceof Lost) this.#leaveUndecided();
      else this.#takeBack();
      throw error;
    }
  }

  async #transaction(work: () => Promise<void>): Promise<void> {
    const before = this.#statements;
    try {
      await this.#query('START TRANSACTION');
      await work();
    } catch (error) {
      this.#takeBack(); // not committed, whatever broke
      if (error instanceof RolledBack) await this.#query('ROLLBACK');
      throw error;
    }
    try {
      await this.#query('COMMIT');
    } catch (error) {
      if (error instanceof Lost) this.#leaveUndecided();
      else this.#takeBack();
      if (error instanceof RolledBack) await this.#query('ROLLBACK');
      throw error;
    }
    this.#acknowledge(this.#statements - before);
  }

  async #prepare(statements: number): Promise<void> {
    const xid = `'${this.writer.options.namespace}','${this.index}.${(this.#sequence += 1)}'`;
    try {
      await this.#query(`XA START ${xid}`);
      await this.#write(statements);
      await this.#query(`XA END ${xid}`);
    } catch (error) {
      this.#takeBack();
      if (error instanceof RolledBack) this.#line.cut(); // which rolls it back, in whatever state it is
      throw error;
    }
    const { before, after } = this.#freeze();
    const due = performance.now() + XA_MS * this.#random();
    const prepared = { xid, before, after, commit: this.#random() < 0.7, due };
    try {
      await this.#query(`XA PREPARE ${xid}`);
    } catch (error) {
      // Prepared or not: it is rolled back later, and either way nothing of it stays.
      this.#prepared.push({ ...prepared, commit: false });
      if (error instanceof RolledBack) this.#line.cut();
      throw error;
    }
    this.#prepared.push(prepared);
  }

  async #settle(now: number): Promise<void> {
    for (const each of this.#prepared.filter(({ due }) => due <= now)) {
      try {
        await this.#settler.query(`XA ${each.commit ? 'COMMIT' : 'ROLLBACK'} ${each.xid}`);
      } catch (error) {
        // Nobody else settles it: when it is not there, it was settled by a statement whose answer was lost.
        if ((error as { errno?: number }).errno !== UNKNOWN_XID) throw error;
      }
      this.#prepared.splice(this.#prepared.indexOf(each), 1);
      for (const [place, row] of each.commit ? each.after : each.before) this.#set(place, row);
      if (each.commit) this.writer.acknowledged += 1;
    }
  }

  // ---------------------------------------------------------------- statements

  async #write(statements: number): Promise<void> {
    for (let n = 0; n < statements; n += 1) await this.#statement();
  }

  async #statement(): Promise<void> {
    const dice = this.#random();
    const table = Math.floor(this.#random() * this.writer.tables.length);
    const place = this.#choose();
    const row = this.#row();
    if (dice < 0.25 || place === undefined) {
      this.#inserting = { table, row };
      const { insertId } = await this.#query(`INSERT INTO ${this.#name(table)} SET ?`, [row]);
      this.#inserting = undefined;
      this.#put(`${table}:${insertId}`, row);
    } else if (dice < 0.33) {
      // An id of a row that is gone, or one below all others.
      const [fresh = `${table}:${this.#below()}` as const] = this.#gone;
      this.#gone.delete(fresh);
      this.#put(fresh, row);
      await this.#query(`INSERT INTO ${this.#name(fresh)} SET ?`, [{ id: idOf(fresh), ...row }]);
    } else if (dice < 0.78) {
      this.#put(place, row);
      await this.#query(`UPDATE ${this.#name(place)} SET ? WHERE id = ?`, [row, idOf(place)]);
    } else if (dice < 0.9) {
      const to: Place = `${Number(place.split(':')[0])}:${this.#below()}`;
      this.#put(place, null);
      this.#put(to, row);
      await this.#query(`UPDATE ${this.#name(place)} SET ? WHERE id = ?`, [{ id: idOf(to), ...row }, idOf(place)]);
    } else {
      this.#put(place, null);
      await this.#query(`DELETE FROM ${this.#name(place)} WHERE id = ?`, [idOf(place)]);
    }
  }

  /** Two rows of one table change their unique values; for a moment one of them has none. */
  async #swapUnique(): Promise<void> {
    const one = this.#choose();
    const other = this.#choose();
    if (one === undefined || other === undefined || one === other || one[0] !== other[0]) return this.#write(1);
    const [a, b] = [this.rows.get(one), this.rows.get(other)];
    if (a === undefined || b === undefined) return;
    const set = async (place: Place, u: string | null | undefined): Promise<void> => {
      const row = this.rows.get(place);
      if (row !== undefined) this.#put(place, { ...row, u: u ?? null });
      await this.#query(`UPDATE ${this.#name(place)} SET u = ? WHERE id = ?`, [u ?? null, idOf(place)]);
    };
    await set(one, null);
    await set(other, a.u);
    await set(one, b.u);
  }

  /** An id of its own: ids from 1 on are given out by the server. */
  #below(): number {
    return -(this.#statements * this.count + this.index + 1);
  }

  /** Half of the writes go to the newest rows, as applications do. */
  #choose(): Place | undefined {
    const share = this.#random() < 0.5 ? 1 - this.#random() * 0.01 : this.#random();
    return this.#places[Math.min(Math.floor(share * this.#places.length), this.#places.length - 1)];
  }

  #row(): WrittenRow {
    const n = (this.#sequence += 1);
    const k = Math.floor(this.#random() * 1_000_000);
    const u = this.writer.hasUnique ? { u: this.#random() < 0.1 ? null : String((this.index + 1) * 1e9 + n) } : {};
    return { k, note: `write ${this.index}.${n}`, ...u };
  }

  #name(place: Place | number): string {
    return `\`${this.writer.tables[typeof place === 'number' ? place : Number(place.split(':')[0])]}\``;
  }

  #query(sql: string, values: unknown[] = []): Promise<ResultSetHeader> {
    this.#statements += 1;
    return this.#line.query(sql, values);
  }

  // ---------------------------------------------------------------- what is expected

  #put(place: Place, row: WrittenRow | null): void {
    this.#undo.push({ place, before: this.rows.get(place) ?? null });
    this.#set(place, row);
  }

  #set(place: Place, row: WrittenRow | null): void {
    const at = this.#at.get(place);
    if (row !== null) {
      this.rows.set(place, row);
      if (at === undefined) this.#at.set(place, this.#places.push(place) - 1);
    } else if (at !== undefined) {
      this.rows.delete(place);
      this.#at.delete(place);
      const last = this.#places.pop();
      if (last !== undefined && last !== place) {
        this.#places[at] = last;
        this.#at.set(last, at);
      }
    }
    if (place.startsWith('0:')) this.writer.journal.set(idOf(place), row);
  }

  #acknowledge(statements: number): void {
    for (const { place, before } of this.#undo) if (before !== null && !this.rows.has(place)) this.#gone.add(place);
    this.#undo = [];
    this.writer.acknowledged += statements;
  }

  /** Nothing of it happened since `mark`. */
  #takeBack(mark = 0): void {
    for (const { place, before } of this.#undo.splice(mark).reverse()) this.#set(place, before);
    this.#inserting = undefined;
  }

  #leaveUndecided(): void {
    const inserted = this.#inserting;
    this.#inserting = undefined;
    const frozen = this.#freeze();
    this.writer.uncertain.add(inserted === undefined ? frozen : { ...frozen, inserted });
  }

  /** Takes the rows of the open transaction out of what may be written. */
  #freeze(): Undecided {
    const after = new Map(this.#undo.map(({ place }) => [place, this.rows.get(place) ?? null]));
    const before = new Map([...this.#undo].reverse().map(({ place, before: row }) => [place, row]));
    this.#undo = [];
    for (const place of after.keys()) this.#set(place, null);
    return { before, after };
  }
}

function idOf(place: Place): number {
  return Number(place.slice(place.indexOf(':') + 1));
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
