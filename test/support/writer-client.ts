import { setTimeout as delay } from 'node:timers/promises';
import type { ResultSetHeader } from 'mysql2/promise';
import { mulberry32, testSeed } from './random.js';
import type { Writer } from './writer.js';
import { Line, Lost, RolledBack } from './writer-line.js';
import { idOf, type Place, type Undecided, type WrittenRow } from './written-rows.js';

interface Prepared extends Undecided {
  readonly xid: string;
  readonly commit: boolean;
  readonly due: number;
}

/** For how long an XA transaction stays prepared at most. */
const XA_MS = 500;
const UNKNOWN_XID = 1397; // ER_XAER_NOTA

/** One connection of the writer, and the rows that are its own. */
export class Client {
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
