import { SternaError } from '../contract/index.js';
import { type QueryOptions, quoteName, quoteTable, serverErrorNumber, type Session } from '../mysql/index.js';
import { type ColumnPair, rowChecksum } from './columns.js';
import {
  isSingleInteger,
  keyColumns,
  keyIn,
  type KeyLiterals,
  keyLiterals,
  type KeyRange,
  keyRange,
  type TrackedKey,
} from './key.js';
import { shadowName } from './names.js';

const DUPLICATE_ENTRY = 1062; // ER_DUP_ENTRY
const FLUSH_KEYS = 200;

/** A row cannot stand in the shadow beside another one. The other one's change may be on its way; if not, it is real. */
export class UniqueConflict extends SternaError {
  constructor(table: string, told: string) {
    super(
      'row_does_not_fit',
      `Expected every row of ${table} to fit the unique keys of the new definition; the server answers: ${told}. The original is untouched. Correct the rows or the definition, then plan again.`,
    );
  }
}

/** A table under change and its shadow: every SQL statement that moves or compares rows. */
export class TableRows {
  readonly original: string;
  readonly shadow: string;
  readonly #columns: string;
  readonly #select: string;
  readonly #index: string;

  constructor(
    readonly id: string,
    readonly namespace: string,
    readonly table: string,
    readonly key: TrackedKey,
    /** Columns to copy. */
    pairs: readonly ColumnPair[],
    /** Columns to compare: these, and what the shadow computes. */
    private readonly compared: readonly ColumnPair[],
    /**
     * The shadow has a unique key that the original has not: rows may be in each other's way for good. REPLACE would
     * delete the other one without a word.
     */
    readonly hasStricterKeys = false,
  ) {
    this.original = quoteTable(namespace, table);
    this.shadow = quoteTable(namespace, shadowName(table));
    this.#columns = pairs.map((pair) => quoteName(pair.shadow.name)).join(', ');
    this.#select = pairs.map((pair) => quoteName(pair.original.name)).join(', ');
    this.#index = `FORCE INDEX (${quoteName(key.indexName)})`;
  }

  /**
   * Copies a range. `INSERT IGNORE … SELECT` reads the original without locks in READ COMMITTED; a row that
   * a flush has brought already is left alone. `conflict` names a secondary unique key: the row in the way
   * may be one whose change has not been flushed yet.
   */
  async copy(session: Session, range: KeyRange, options?: QueryOptions): Promise<{ rows: number; conflict?: string }> {
    const { affectedRows, warnings } = await session.execute(
      `INSERT IGNORE INTO ${this.shadow} (${this.#columns}) SELECT ${this.#select} FROM ${this.original} ${this.#index} WHERE ${keyRange(this.key, range)}`,
      [],
      options,
    );
    if (warnings === 0) return { rows: affectedRows };
    const conflict = await this.#duplicates(session, warnings, `rows ${describeRange(range)}`);
    return conflict === undefined ? { rows: affectedRows } : { rows: affectedRows, conflict };
  }

  /**
   * Makes the shadow's rows of these keys equal to the original's as they are now. With stricter keys, all of a batch
   * go before any comes back, and one that still is in the way of another row throws `UniqueConflict`.
   */
  async flush(session: Session, keys: readonly KeyLiterals[]): Promise<void> {
    const slices = Array.from({ length: Math.ceil(keys.length / FLUSH_KEYS) }, (_, i) =>
      keys.slice(i * FLUSH_KEYS, (i + 1) * FLUSH_KEYS),
    );
    if (!this.hasStricterKeys) {
      for (const slice of slices) await this.#replace(session, slice);
      return;
    }
    for (const slice of slices) await session.execute(`DELETE FROM ${this.shadow} WHERE ${keyIn(this.key, slice)}`);
    for (const slice of slices) await this.#insert(session, slice);
  }

  async #insert(session: Session, keys: readonly KeyLiterals[]): Promise<void> {
    try {
      const { warnings } = await session.execute(
        `INSERT INTO ${this.shadow} (${this.#columns}) SELECT ${this.#select} FROM ${this.original} ${this.#index} WHERE ${keyIn(this.key, keys)}`,
      );
      if (warnings > 0) await this.#duplicates(session, warnings, 'a row changed during the copy');
    } catch (error) {
      if (serverErrorNumber(error) !== DUPLICATE_ENTRY) throw error;
      throw new UniqueConflict(this.id, (error as Error).message);
    }
  }

  /** Deletion takes two statements: a DELETE that joins the original would lock its rows. */
  async #replace(session: Session, keys: readonly KeyLiterals[]): Promise<void> {
    const first = quoteName(this.key.parts[0]?.name ?? '');
    const gone = await session.query(
      `SELECT ${keyColumns(this.key, `${this.shadow}.`)} FROM ${this.shadow} LEFT JOIN ${this.original} USING (${keyColumns(this.key)})
        WHERE ${keyIn(this.key, keys, `${this.shadow}.`)} AND ${this.original}.${first} IS NULL`,
    );
    if (gone.length > 0)
      await session.execute(
        `DELETE FROM ${this.shadow} WHERE ${keyIn(
          this.key,
          gone.map((row) => keyLiterals(this.key, row)),
        )}`,
      );
    const { warnings } = await session.execute(
      `REPLACE INTO ${this.shadow} (${this.#columns}) SELECT ${this.#select} FROM ${this.original} ${this.#index} WHERE ${keyIn(this.key, keys)}`,
    );
    if (warnings > 0) await this.#duplicates(session, warnings, 'a row changed during the copy');
  }

  /** Deletes at most `limit` shadow rows at or above a key; tells how many were deleted. */
  async deleteAbove(
    session: Session,
    watermark: KeyLiterals | null | undefined,
    limit: number,
    options?: QueryOptions,
  ): Promise<number> {
    const { affectedRows } = await session.execute(
      `DELETE FROM ${this.shadow} WHERE ${keyRange(this.key, watermark ? { from: watermark } : {})} LIMIT ${limit}`,
      [],
      options,
    );
    return affectedRows;
  }

  /** Whether both sides are equal in a range, read in one statement and so at one moment. */
  async equal(session: Session, range: KeyRange, options?: QueryOptions): Promise<{ equal: boolean; rows: number }> {
    const where = keyRange(this.key, range);
    // A sum: in an XOR of CRCs, equal changes of two rows cancel each other out. A row whose checksum cannot be computed
    // counts on each side as another number, so that it never passes for equal.
    const [row] = await session.query<{ rowCount: number | string; same: number }>(
      `SELECT o.c AS rowCount, o.c = n.c AND o.s <=> n.s AS same FROM
         (SELECT COUNT(*) AS c, SUM(COALESCE(${rowChecksum(this.compared, 'original')}, -1)) AS s FROM ${this.original} ${this.#index} WHERE ${where}) o,
         (SELECT COUNT(*) AS c, SUM(COALESCE(${rowChecksum(this.compared, 'shadow')}, -2)) AS s FROM ${this.shadow} WHERE ${where}) n`,
      [],
      options,
    );
    if (row === undefined) throw new SternaError('internal', 'Expected one row of checksums, got none.');
    return { equal: row.same === 1, rows: Number(row.rowCount) };
  }

  /** Keys in a range whose rows differ or stand on one side only. */
  async differing(session: Session, where: KeyRange | readonly KeyLiterals[]): Promise<KeyLiterals[]> {
    const condition = (qualifier: string): string =>
      Array.isArray(where)
        ? keyIn(this.key, where as KeyLiterals[], qualifier)
        : keyRange(this.key, where as KeyRange, qualifier);
    const first = quoteName(this.key.parts[0]?.name ?? '');
    const using = keyColumns(this.key);
    const rows = await session.query(
      `SELECT ${keyColumns(this.key, 'o.')} FROM ${this.original} o LEFT JOIN ${this.shadow} n USING (${using})
        WHERE ${condition('o.')} AND (n.${first} IS NULL OR COALESCE(${rowChecksum(this.compared, 'original', 'o.')} <> ${rowChecksum(this.compared, 'shadow', 'n.')}, TRUE))
       UNION ALL
       SELECT ${keyColumns(this.key, 'n.')} FROM ${this.shadow} n LEFT JOIN ${this.original} o USING (${using})
        WHERE ${condition('n.')} AND o.${first} IS NULL`,
    );
    return rows.map((row) => keyLiterals(this.key, row));
  }

  /** The key that stands `offset` rows above a key (or the first key), or null when there is none below `to`. */
  async keyAfter(
    session: Session,
    from: KeyLiterals | undefined,
    offset: number,
    to?: KeyLiterals,
  ): Promise<KeyLiterals | null> {
    const [row] = await session.query(
      `SELECT ${keyColumns(this.key)} FROM ${this.original} ${this.#index} WHERE ${keyRange(this.key, { ...(from ? { from } : {}), ...(to ? { to } : {}) })} ORDER BY ${keyColumns(this.key)} LIMIT 1 OFFSET ${offset}`,
    );
    return row === undefined ? null : keyLiterals(this.key, row);
  }

  /** The highest key of the original; only for a single integer key. */
  async maximum(session: Session): Promise<bigint | null> {
    const [row] = await session.query<{ m: number | string | null }>(
      `SELECT MAX(${keyColumns(this.key)}) AS m FROM ${this.original}`,
    );
    return row?.m === null || row?.m === undefined ? null : BigInt(row.m);
  }

  get hasSingleIntegerKey(): boolean {
    return isSingleInteger(this.key);
  }

  /** The secondary unique key in conflict, if any; every other warning means that a row does not fit. */
  async #duplicates(session: Session, count: number, what: string): Promise<string | undefined> {
    const warnings = await session.query<{ Level: string; Code: number; Message: string }>('SHOW WARNINGS');
    if (warnings.length < count)
      throw new SternaError(
        'row_does_not_fit',
        `Expected at most one warning a row of ${this.id}, got ${count} for ${what}, of which the server shows ${warnings.length}. GRANT SESSION_VARIABLES_ADMIN to see them all, then plan again. The original is untouched.`,
      );
    let conflict: string | undefined;
    for (const { Code, Message } of warnings) {
      const index = Code === DUPLICATE_ENTRY ? /for key '(?:.*\.)?([^.']+)'$/.exec(Message)?.[1] : undefined;
      if (index === undefined) {
        throw new SternaError(
          'row_does_not_fit',
          `Expected every row of ${this.id} to fit the new definition; for ${what} the server warns: ${Message}. The original is untouched. Correct the rows or the definition, then plan again.`,
        );
      }
      if (index !== this.key.indexName) conflict = Message;
    }
    return conflict;
  }
}

function describeRange({ from, to }: KeyRange): string {
  return `from ${from ? `(${from.join(', ')})` : 'the start'} to ${to ? `(${to.join(', ')})` : 'the end'}`;
}
