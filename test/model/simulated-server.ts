import { SternaError } from '../../src/contract/index.js';
import type { TableRecord, TableUpdate } from '../../src/engine/state-table.js';
import type { BinlogEvent } from '../../src/mysql/index.js';
import type { Scheduler } from './scheduler.js';

export const UUID = '3e11fa47-71ca-11e1-9e33-c80aa9429562';
export const NAMESPACE = 'd';
export const TABLE = 't';

/** key -> value; null in a transaction's own changes: deleted. */
type Rows = Map<number, number>;
type Changes = Map<number, number | null>;

export interface StateRow {
  epoch: number;
  position: string | null;
  record: TableRecord;
  run: 'run' | 'stop';
}

/** What one session has changed and not committed yet. */
export class Transaction {
  readonly shadow: Changes = new Map();
  readonly onCommit: (() => void)[] = [];
  /** Of the row of the driver in the state table. */
  driverRow: 'none' | 'shared' | 'exclusive' = 'none';
}

/** One transaction of the application. */
export interface Write {
  readonly changes: readonly (readonly [number, 'put' | 'delete'])[];
  readonly xa: boolean;
  readonly rollback: boolean;
}

/**
 * As much of a MySQL server as the protocol depends on: a transaction is in the binlog before it is visible, a prepared
 * one long before; sessions hold what they have locked until they commit or are gone.
 */
export class SimulatedServer {
  original: Rows;
  shadow: Rows = new Map();
  /** What the application must find in the end. */
  readonly expected: Rows;
  swapped = false;
  readonly state: StateRow;
  readonly transactions = new Set<Transaction>();
  lockedBy: object | undefined;
  readonly binlog: BinlogEvent[][] = [];
  readonly #visible = new Set<number>();
  /** Keys that a transaction of the application has locked. */
  readonly #busy = new Set<number>();
  #gtid = 0;
  #xid = 0;
  #value = 1_000;
  writesInFlight = 0;

  constructor(
    readonly scheduler: Scheduler,
    keys: readonly number[],
    record: TableRecord,
  ) {
    this.original = new Map(keys.map((key, index) => [key, index]));
    this.expected = new Map(this.original);
    this.state = { epoch: 0, position: '', record, run: 'run' };
  }

  /** GTID set of everything that is visible. */
  get executed(): string {
    return gtidSet(this.#visible);
  }

  isVisible(gtids: string): boolean {
    return numbers(gtids).every((gtid) => this.#visible.has(gtid));
  }

  /** The application's writer: one transaction, with everything that may come between its parts. */
  async write(write: Write): Promise<void> {
    const keys = write.changes.map(([key]) => key);
    const { scheduler } = this;
    this.writesInFlight += 1;
    await scheduler.step(
      () => keys.forEach((key) => this.#busy.add(key)),
      () => this.lockedBy === undefined && !keys.some((key) => this.#busy.has(key)),
    );
    const values = write.changes.map(([key, what]) => [key, what === 'put' ? (this.#value += 1) : null] as const);
    const touched = values.filter(([key, value]) => value !== null || this.original.has(key));
    if (write.xa) {
      const branch = (this.#xid += 1).toString(16).padStart(4, '0');
      const [xid, name] = [`61:${branch}:1`, `X'61',X'${branch}',1`];
      const prepared = await scheduler.step(() =>
        this.#log((gtid) => [
          { kind: 'begin', gtid },
          { kind: 'statement', namespace: '', sql: `XA START ${name}` },
          ...rowEvents(touched.map(([key]) => key)),
          { kind: 'statement', namespace: '', sql: `XA END ${name}` },
          { kind: 'prepare', xid },
        ]),
      );
      await scheduler.step(() => this.#visible.add(prepared)); // the prepare; its rows are not
      const ended = await scheduler.step(() =>
        this.#log((gtid) => [
          { kind: 'begin', gtid },
          { kind: 'statement', namespace: '', sql: `XA ${write.rollback ? 'ROLLBACK' : 'COMMIT'} ${name}` },
        ]),
      );
      await scheduler.step(() => this.#commit(ended, write.rollback ? [] : values, keys));
    } else if (write.rollback) {
      await scheduler.step(() => this.#release(keys)); // never in the binlog
    } else {
      const gtid = await scheduler.step(() =>
        this.#log((name) => [
          { kind: 'begin', gtid: name },
          ...rowEvents(touched.map(([key]) => key)),
          { kind: 'commit', rows: true },
        ]),
      );
      await scheduler.step(() => this.#commit(gtid, values, keys));
    }
    this.writesInFlight -= 1;
  }

  #log(events: (gtid: string) => BinlogEvent[]): number {
    this.#gtid += 1;
    this.binlog.push(events(`${UUID}:${this.#gtid}`));
    return this.#gtid;
  }

  #commit(gtid: number, values: readonly (readonly [number, number | null])[], keys: readonly number[]): void {
    for (const rows of [this.original, this.expected])
      for (const [key, value] of values)
        if (value === null) rows.delete(key);
        else rows.set(key, value);
    this.#visible.add(gtid);
    this.#release(keys);
  }

  #release(keys: readonly number[]): void {
    for (const key of keys) this.#busy.delete(key);
  }

  /** LOCK TABLES … WRITE: nobody else has anything under way on these tables. */
  canLock(): boolean {
    return this.lockedBy === undefined && this.#busy.size === 0 && this.transactions.size === 0;
  }

  rename(): void {
    if (this.swapped) throw new SternaError('sql_error', 'Table exists already.');
    const replaced = this.original;
    this.original = this.shadow;
    this.shadow = replaced;
    this.swapped = true;
  }

  /** Whether nobody else has changed these keys of the shadow and not committed yet. */
  canChange(own: Transaction, keys: readonly number[]): boolean {
    return ![...this.transactions].some((other) => other !== own && keys.some((key) => other.shadow.has(key)));
  }

  canLockDriverRow(own: Transaction, mode: 'shared' | 'exclusive'): boolean {
    return ![...this.transactions].some(
      (other) =>
        other !== own && (other.driverRow === 'exclusive' || (mode === 'exclusive' && other.driverRow === 'shared')),
    );
  }

  /** The shadow as a session sees it: what is committed, and what it has changed itself. */
  shadowSeenBy(own: Transaction | undefined): Rows {
    const rows: Rows = new Map(this.shadow);
    for (const [key, value] of own?.shadow ?? [])
      if (value === null) rows.delete(key);
      else rows.set(key, value);
    return rows;
  }

  commit(transaction: Transaction): void {
    for (const [key, value] of transaction.shadow)
      if (value === null) this.shadow.delete(key);
      else this.shadow.set(key, value);
    for (const change of transaction.onCommit) change();
    this.transactions.delete(transaction);
  }

  updateRecord(update: TableUpdate): void {
    this.state.record = { ...this.state.record, ...update };
  }
}

function rowEvents(keys: readonly number[]): BinlogEvent[] {
  return keys.map((id) => ({ kind: 'rows', namespace: NAMESPACE, table: TABLE, images: [{ id }] }));
}

export function gtidSet(gtids: ReadonlySet<number>): string {
  return gtids.size === 0 ? '' : `${UUID}:${[...gtids].sort((a, b) => a - b).join(':')}`;
}

/** The numbers of a GTID set of one server. */
export function numbers(set: string): number[] {
  return set
    .replace(UUID, '')
    .split(':')
    .filter((part) => part !== '')
    .flatMap((part) => {
      const [from = 0, to = from] = part.split('-').map(Number);
      return Array.from({ length: to - from + 1 }, (_, i) => from + i);
    });
}
