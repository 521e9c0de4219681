import { SternaError } from '../contract/index.js';
import type { BinlogEvent, Coordinate } from '../mysql/index.js';
import type { Tracker } from './history.js';
import { type KeyLiterals, keyLiterals, type TrackedKey } from './key.js';

/** A table whose changes are captured. Physical names, as the binlog has them. */
export interface CapturedTable {
  readonly id: string;
  readonly namespace: string;
  readonly table: string;
  readonly key: TrackedKey;
}

/** Keys by their literals: a key changed a thousand times is flushed once. */
export type KeySet = Map<string, KeyLiterals>;

/** Everything received in whole transactions since the batch before. */
export interface Batch {
  /** Table id -> changed keys. */
  readonly keys: ReadonlyMap<string, KeySet>;
  /** The transactions that changed these keys: visible before the keys may be read (the fence). */
  readonly fence: string;
  /** Where a stream may start again once these keys are flushed. */
  readonly position: string;
}

/**
 * Follows the binlog and learns which keys changed. No I/O: it is fed with events and asked for batches.
 *
 * A transaction counts only when it is complete. The keys of a prepared XA transaction wait, under its
 * XID, for the commit, which is a transaction of its own; until then the position does not pass it, so that a
 * restarted stream sends its rows again.
 */
export class Capture {
  readonly #tables: ReadonlyMap<string, CapturedTable>;
  #keys = new Map<string, KeySet>();
  #fence: string[] = [];
  #pendingKeys = 0;
  /** Where the event before ended. */
  #last: Coordinate | undefined;
  #current: { name: string; keys: [string, KeyLiterals][]; finishes?: string; unknown?: true } | undefined;
  readonly #prepared = new Map<string, { name: string; keys: [string, KeyLiterals][] }>();

  constructor(
    tables: readonly CapturedTable[],
    private readonly tracker: Tracker,
  ) {
    this.#tables = new Map(tables.map((table) => [`${table.namespace}.${table.table}`, table]));
  }

  /** How far the stream has come: all received transactions, prepared ones included. */
  get received(): string {
    return this.tracker.received;
  }

  /** Changed keys that no batch has taken yet. */
  get pendingKeys(): number {
    return this.#pendingKeys;
  }

  isPending(tableId: string, key: KeyLiterals): boolean {
    const name = keyName(key);
    return (
      (this.#keys.get(tableId)?.has(name) ?? false) ||
      [...this.#prepared.values()].some(({ keys }) =>
        keys.some(([id, literals]) => id === tableId && keyName(literals) === name),
      )
    );
  }

  /** XIDs of prepared transactions that changed captured tables. */
  get preparedTransactions(): readonly string[] {
    return [...this.#prepared.keys()];
  }

  receive(event: BinlogEvent): void {
    this.#take(event);
    this.#last = event.at;
  }

  #take(event: BinlogEvent): void {
    switch (event.kind) {
      case 'begin':
        this.#complete(this.#last);
        this.#current = { name: this.tracker.begin(event.gtid), keys: [] };
        return;
      case 'rows':
        this.#rows(event.namespace, event.table, event.images);
        return;
      case 'statement':
        this.#statement(event.namespace, event.sql, event.at);
        return;
      case 'prepare':
        this.#prepare(event.xid, event.at);
        return;
      case 'unknown':
        // Outside of a transaction it is the end of a file or the like.
        if (this.#current !== undefined) this.#current.unknown = true;
        else this.tracker.moved(event.at);
        return;
      case 'moved':
        this.#complete(this.#last); // no transaction goes on in another file
        this.tracker.moved(event.at);
        return;
      case 'commit':
        if (event.rows && this.#current?.unknown === true)
          throw new SternaError(
            'binlog_unreadable',
            'Expected row events in the binlog, found a transaction with an event of another kind. Some session writes with binlog_format=STATEMENT or MIXED, such as a LOAD DATA.',
          );
        this.#complete(event.at);
        return;
    }
  }

  /** Takes all keys received so far. Once they are flushed, `position` may be saved. */
  take(): Batch {
    const batch: Batch = { keys: this.#keys, fence: this.tracker.fence(this.#fence), position: this.tracker.position };
    this.#keys = new Map();
    this.#fence = [];
    this.#pendingKeys = 0;
    return batch;
  }

  /** Keys of a batch whose transactions are all visible, and which could not be flushed. */
  putBack({ keys }: Batch): void {
    this.#keys = unitedKeys(keys, this.#keys);
    this.#pendingKeys = [...this.#keys.values()].reduce((sum, { size }) => sum + size, 0);
  }

  #rows(namespace: string, tableName: string, images: readonly Record<string, unknown>[]): void {
    const table = this.#tables.get(`${namespace}.${tableName}`);
    if (table === undefined) return;
    if (this.#current === undefined)
      throw new SternaError('binlog_unreadable', 'The binlog has row changes outside of a transaction.');
    for (const image of images) this.#current.keys.push([table.id, keyLiterals(table.key, image)]);
  }

  #statement(namespace: string, sql: string, at: Coordinate | undefined): void {
    const xa = parseXa(sql);
    if (xa !== undefined) {
      if (xa.verb !== 'START' && xa.verb !== 'END' && this.#current !== undefined) {
        this.#current.finishes = xa.xid;
        if (xa.verb === 'COMMIT') {
          for (const entry of this.#prepared.get(xa.xid)?.keys ?? []) this.#current.keys.push(entry);
        }
        this.#complete(at);
      }
      return;
    }
    // Whatever it names: by a trigger, a view or a function it may change any table.
    const statement = withoutComments(sql);
    if (CHANGES_ROWS.test(statement)) {
      throw new SternaError(
        'binlog_unreadable',
        `Expected row events in the binlog, found a statement (${/^\w+/.exec(statement)?.[0] ?? ''}). Some session writes with binlog_format=STATEMENT or MIXED.`,
      );
    }
    for (const table of this.#tables.values()) {
      if (touches(table, namespace, sql)) {
        throw new SternaError(
          'table_changed_underneath',
          `Somebody ran "${sql.replace(/\s+/g, ' ').slice(0, 80)}" on ${table.id} during the copy. The original is as they left it; plan again.`,
        );
      }
    }
    // A DDL statement is a transaction of its own without a commit. Were it counted only when the next one begins, a
    // quiet server would look as if its stream had stopped.
    if (!INSIDE_TRANSACTION.test(statement)) this.#complete(at);
  }

  #prepare(xid: string, at: Coordinate | undefined): void {
    const current = this.#current;
    this.#current = undefined;
    if (current === undefined) return;
    this.tracker.end(current.name, at, current.keys.length === 0 ? 'complete' : 'prepared');
    if (current.keys.length > 0) this.#prepared.set(xid, current);
  }

  #complete(at: Coordinate | undefined): void {
    const current = this.#current;
    if (current === undefined) return;
    this.#current = undefined;
    for (const [tableId, literals] of current.keys) {
      let keys = this.#keys.get(tableId);
      if (keys === undefined) this.#keys.set(tableId, (keys = new Map<string, KeyLiterals>()));
      const name = keyName(literals);
      if (!keys.has(name)) this.#pendingKeys += 1;
      keys.set(name, literals);
    }
    if (current.keys.length > 0) this.#fence.push(current.name);
    this.tracker.end(current.name, at, 'complete');
    if (current.finishes !== undefined) {
      const prepared = this.#prepared.get(current.finishes);
      this.#prepared.delete(current.finishes);
      if (prepared !== undefined) this.tracker.settle(prepared.name);
    }
  }
}

/** Of two batches, the later one's literals last. */
export function unitedKeys(...batches: readonly ReadonlyMap<string, KeySet>[]): Map<string, KeySet> {
  const united = new Map<string, KeySet>();
  for (const batch of batches)
    for (const [id, keys] of batch) united.set(id, new Map([...(united.get(id) ?? []), ...keys]));
  return united;
}

export function keyName(literals: KeyLiterals): string {
  return literals.length === 1 ? (literals[0] ?? '') : JSON.stringify(literals);
}

/** `XA COMMIT X'61',X'',1` as the server writes it. */
export function parseXa(sql: string): { verb: string; xid: string } | undefined {
  const match = /^XA\s+(START|END|COMMIT|ROLLBACK)\s+X'([0-9a-f]*)'\s*,\s*X'([0-9a-f]*)'\s*,\s*(\d+)/i.exec(sql);
  if (!match) return undefined;
  return {
    verb: (match[1] ?? '').toUpperCase(),
    xid: `${(match[2] ?? '').toLowerCase()}:${(match[3] ?? '').toLowerCase()}:${match[4]}`,
  };
}

/** Statements after which more of the same transaction may come. */
const INSIDE_TRANSACTION = /^(SET|START|SAVEPOINT|RELEASE|ROLLBACK\s+(WORK\s+)?TO)\b/i;
const CHANGES_ROWS = /^(INSERT|UPDATE|DELETE|REPLACE|LOAD|WITH|SELECT|VALUES|TABLE|DO|CALL|HANDLER)\b/i;
const CHANGES_DEFINITION = /^(ALTER|TRUNCATE|DROP|RENAME|CREATE)\b/i;

/**
 * Whether a statement from the binlog touches the definition of a captured table. Decided from words alone, and for the worse:
 * a statement that only mentions the name stops the change, one that is missed would lose rows (E2).
 */
export function touches(table: Pick<CapturedTable, 'namespace' | 'table'>, namespace: string, sql: string): boolean {
  const text = withoutComments(sql);
  if (!CHANGES_DEFINITION.test(text)) return false;
  // Our own: the shadow, the replaced table and the state table.
  if (/^(ALTER|CREATE|DROP)\s+TABLE\s+(IF\s+(NOT\s+)?EXISTS\s+)?(`(?:[^`]|``)+`\.)?`_(?:[^`]|``)*sterna_/i.test(text))
    return false;
  if (/^CREATE\s+TABLE\s+(IF\s+NOT\s+EXISTS\s+)?\S+\s+LIKE\s/i.test(text)) return false;
  if (/^DROP\s+(DATABASE|SCHEMA)\b/i.test(text)) return mentions(text, table.namespace);
  if (!/^ALTER\s+(DATABASE|SCHEMA)\b/i.test(text) && ELSEWHERE.test(text)) return false;
  if (namespace !== table.namespace && !mentions(text, table.namespace)) return false;
  return mentions(text, table.table);
}

const DEFINER = '(DEFINER\\s*=\\s*\\S+\\s+)?';
/** Definitions of something else that may name the table. A trigger is none of them: it would stay on the old table. */
const ELSEWHERE = new RegExp(
  `^(CREATE|DROP|ALTER)\\s+(OR\\s+REPLACE\\s+)?(ALGORITHM\\S*\\s+)?${DEFINER}(SQL\\s+SECURITY\\s+\\S+\\s+)?` +
    '(USER|ROLE|DATABASE|SCHEMA|EVENT|PROCEDURE|FUNCTION|SERVER|TABLESPACE|RESOURCE|VIEW)\\b',
  'i',
);

function withoutComments(sql: string): string {
  return sql.replace(/^(\s|\/\*[\s\S]*?\*\/)+/, '');
}

function mentions(sql: string, name: string): boolean {
  const escaped = name.replaceAll('`', '``').replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(^|[^\\w$])${escaped}([^\\w$]|$)`, 'iu').test(sql);
}
