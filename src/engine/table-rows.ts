import { SternaError } from '../contract/index.js';
import { type QueryOptions, quoteName, quoteTable, serverErrorNumber, type Session } from '../mysql/index.js';
import { type ColumnPair, rowChecksum } from './columns.js';
import {
  isOfLiteral,
  isSingleInteger,
  keyColumns,
  keyEqual,
  keyIn,
  keyInShadow,
  type KeyLiterals,
  type KeyRange,
  keyRange,
  selectedKey,
  selectKey,
  type TrackedKey,
} from './key.js';
import { shadowName } from './names.js';

const DUPLICATE_ENTRY = 1062; // ER_DUP_ENTRY
/** What the server says of a row that does not fit where a warning does not do: these, but for IGNORE, end a statement. */
const MISFITS: ReadonlySet<number> = new Set([
  1048, // ER_BAD_NULL_ERROR
  1264, // ER_WARN_DATA_OUT_OF_RANGE
  1265, // WARN_DATA_TRUNCATED
  1292, // ER_TRUNCATED_WRONG_VALUE
  1366, // ER_TRUNCATED_WRONG_VALUE_FOR_FIELD
  1406, // ER_DATA_TOO_LONG
  1416, // ER_CANT_CREATE_GEOMETRY_OBJECT
  1526, // ER_NO_PARTITION_FOR_GIVEN_VALUE
  1690, // ER_DATA_OUT_OF_RANGE
  3140, // ER_INVALID_JSON_TEXT
  3156, // ER_INVALID_JSON_VALUE_FOR_CAST
  3643, // ER_WRONG_SRID_FOR_COLUMN
  3819, // ER_CHECK_CONSTRAINT_VIOLATED
  3903, // ER_INVALID_JSON_VALUE_FOR_FUNC_INDEX
  3904, // ER_JSON_VALUE_OUT_OF_RANGE_FOR_FUNC_INDEX
  3907, // ER_FUNCTIONAL_INDEX_DATA_IS_TOO_LONG
]);
const FLUSH_KEYS = 200;

/** A row cannot stand in the shadow beside another one. The other one's change may be on its way; if not, it is real. */
export class UniqueConflict extends SternaError {
  constructor(
    table: string,
    told: string,
    message = `Expected every row of ${table} to fit the unique keys of the new definition; the server answers: ${told}. The original is untouched. Correct the rows or the definition, then plan again.`,
  ) {
    super('row_does_not_fit', message);
  }
}

/** A row does not fit the new definition, whatever is on its way. */
class Misfit extends Error {}

/** A table under change and its shadow: every SQL statement that moves or compares rows. */
export class TableRows {
  readonly original: string;
  readonly shadow: string;
  readonly shadowTable: string;
  readonly #columns: string;
  readonly #select: string;
  readonly #index: string;
  /** The tracked key by the names that its columns have in the shadow. */
  readonly #shadowKey: TrackedKey;

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
     * The shadow's index by which REPLACE finds a row of the tracked key. Null where a row has to be removed before it is
     * brought again: where the shadow has no such index, or has a unique key that the original has not. Rows may be in
     * each other's way for good then, and REPLACE would delete the other one without a word.
     */
    private readonly ownIndex: string | null = key.indexName,
  ) {
    this.original = quoteTable(namespace, table);
    this.shadowTable = shadowName(table);
    this.shadow = quoteTable(namespace, this.shadowTable);
    this.#columns = pairs.map((pair) => quoteName(pair.shadow.name)).join(', ');
    this.#select = pairs.map((pair) => quoteName(pair.original.name)).join(', ');
    this.#index = `FORCE INDEX (${quoteName(key.indexName)})`;
    this.#shadowKey = keyInShadow(key);
  }

  /**
   * Copies a range. `INSERT IGNORE … SELECT` reads the original without locks in READ COMMITTED; a row that
   * a flush has brought already is left alone, or removed first where it would not be recognised. `conflict` names a
   * secondary unique key: the row in the way may be one whose change has not been flushed yet.
   */
  async copy(session: Session, range: KeyRange, options?: QueryOptions): Promise<{ rows: number; conflict?: string }> {
    if (!this.replaces) {
      const where = keyRange(this.#shadowKey, range);
      // Looked at without locks first: beside an empty range there may be rows that another connection has just copied.
      const [brought] = await session.query(`SELECT 1 FROM ${this.shadow} WHERE ${where} LIMIT 1`);
      if (brought !== undefined) await session.execute(`DELETE FROM ${this.shadow} WHERE ${where}`);
    }
    try {
      const { affectedRows, conflict } = await this.#bring(
        session,
        'INSERT IGNORE',
        keyRange(this.key, range),
        options,
      );
      return conflict === undefined ? { rows: affectedRows } : { rows: affectedRows, conflict };
    } catch (error) {
      throw error instanceof Misfit ? await this.#rowDoesNotFit(session, range, error) : error;
    }
  }

  /**
   * Makes the shadow's rows of these keys equal to the original's as they are now. Without REPLACE, all of a batch
   * go before any comes back, and one that still is in the way of another row throws `UniqueConflict`.
   */
  async flush(session: Session, keys: readonly KeyLiterals[]): Promise<void> {
    const slices = Array.from({ length: Math.ceil(keys.length / FLUSH_KEYS) }, (_, i) =>
      keys.slice(i * FLUSH_KEYS, (i + 1) * FLUSH_KEYS),
    );
    if (!this.replaces)
      for (const slice of slices)
        await session.execute(`DELETE FROM ${this.shadow} WHERE ${keyIn(this.#shadowKey, slice)}`);
    for (const slice of slices) {
      if (this.replaces) await this.#deleteGone(session, slice);
      // One row may be meant by keys of two slices, which are equal for its collation: it is there then.
      else if (slice !== slices[0])
        await session.execute(`DELETE FROM ${this.shadow} WHERE ${keyIn(this.#shadowKey, slice)}`);
      try {
        await this.#bring(session, this.replaces ? 'REPLACE' : 'INSERT', keyIn(this.key, slice));
      } catch (error) {
        if (error instanceof Misfit) throw await this.#rowDoesNotFit(session, slice, error);
        if (this.replaces || serverErrorNumber(error) !== DUPLICATE_ENTRY) throw error;
        throw new UniqueConflict(this.id, (error as Error).message);
      }
    }
  }

  /** Deletion takes two statements: a DELETE that joins the original would lock its rows. */
  async #deleteGone(session: Session, keys: readonly KeyLiterals[]): Promise<void> {
    const first = quoteName(this.key.parts[0]?.name ?? '');
    const gone = await session.query(
      `SELECT ${selectKey(this.#shadowKey, `${this.shadow}.`)} FROM ${this.shadow}
         LEFT JOIN ${this.original} ON ${keyEqual(this.#shadowKey, `${this.shadow}.`, this.key, `${this.original}.`)}
        WHERE ${keyIn(this.#shadowKey, keys, `${this.shadow}.`)} AND ${this.original}.${first} IS NULL`,
    );
    if (gone.length === 0) return;
    const literals = gone.map((row) => selectedKey(this.key, row));
    await session.execute(`DELETE FROM ${this.shadow} WHERE ${keyIn(this.#shadowKey, literals)}`);
  }

  async #bring(
    session: Session,
    verb: 'INSERT' | 'INSERT IGNORE' | 'REPLACE',
    where: string,
    options?: QueryOptions,
  ): Promise<{ affectedRows: number; conflict?: string | undefined }> {
    let executed;
    try {
      executed = await session.execute(
        `${verb} INTO ${this.shadow} (${this.#columns}) SELECT ${this.#select} FROM ${this.original} ${this.#index} WHERE ${where}`,
        [],
        options,
      );
    } catch (error) {
      if (MISFITS.has(serverErrorNumber(error) ?? 0)) throw new Misfit((error as Error).message, { cause: error });
      throw error;
    }
    const { affectedRows, warnings } = executed;
    return { affectedRows, conflict: warnings > 0 ? await this.#duplicates(session, warnings) : undefined };
  }

  /**
   * Names the first row that does not fit: by halves, since warnings do not tell which row they mean. What this writes is
   * undone with the transaction that the error ends.
   */
  async #rowDoesNotFit(
    session: Session,
    where: KeyRange | readonly KeyLiterals[],
    { message }: Misfit,
  ): Promise<SternaError> {
    let suspects = isKeys(where) ? where : await this.#keysOf(session, where);
    const bad = async (keys: readonly KeyLiterals[]): Promise<string | undefined> => {
      if (keys.length === 0) return undefined;
      await session.execute(`DELETE FROM ${this.shadow} WHERE ${keyIn(this.#shadowKey, keys)}`);
      try {
        await this.#bring(session, 'INSERT IGNORE', keyIn(this.key, keys));
        return undefined;
      } catch (error) {
        if (error instanceof Misfit) return error.message;
        throw error;
      }
    };
    while (suspects.length > 1) {
      const half = suspects.slice(0, Math.ceil(suspects.length / 2));
      suspects = (await bad(half)) === undefined ? suspects.slice(half.length) : half;
    }
    const told = await bad(suspects);
    const row = told === undefined ? 'a row that has just been changed' : this.describe(suspects[0] ?? []);
    return new SternaError(
      'row_does_not_fit',
      `Expected every row of ${this.id} to fit the new definition; for ${row} the server answers: ${told ?? message}. The original is untouched. Correct the rows or the definition, then plan again.`,
    );
  }

  async #keysOf(session: Session, range: KeyRange): Promise<KeyLiterals[]> {
    const rows = await session.query(
      `SELECT ${selectKey(this.key)} FROM ${this.original} ${this.#index} WHERE ${keyRange(this.key, range)} ORDER BY ${keyColumns(this.key)}`,
    );
    return rows.map((row) => selectedKey(this.key, row));
  }

  /** Deletes at most `limit` shadow rows at or above a key; tells how many were deleted. */
  async deleteAbove(
    session: Session,
    watermark: KeyLiterals | null | undefined,
    limit: number,
    options?: QueryOptions,
  ): Promise<number> {
    const { affectedRows } = await session.execute(
      `DELETE FROM ${this.shadow} WHERE ${keyRange(this.#shadowKey, watermark ? { from: watermark } : {})} LIMIT ${limit}`,
      [],
      options,
    );
    return affectedRows;
  }

  /** Whether both sides are equal in a range, read in one statement and so at one moment. */
  async equal(session: Session, range: KeyRange, options?: QueryOptions): Promise<{ equal: boolean; rows: number }> {
    // A sum: in an XOR of CRCs, equal changes of two rows cancel each other out. A row whose checksum cannot be computed
    // counts on each side as another number, so that it never passes for equal.
    const [row] = await session.query<{ rowCount: number | string; same: number }>(
      `SELECT o.c AS rowCount, o.c = n.c AND o.s <=> n.s AS same FROM
         (SELECT COUNT(*) AS c, SUM(COALESCE(${rowChecksum(this.compared, 'original')}, -1)) AS s FROM ${this.original} ${this.#index} WHERE ${keyRange(this.key, range)}) o,
         (SELECT COUNT(*) AS c, SUM(COALESCE(${rowChecksum(this.compared, 'shadow')}, -2)) AS s FROM ${this.shadow} WHERE ${keyRange(this.#shadowKey, range)}) n`,
      [],
      options,
    );
    if (row === undefined) throw new SternaError('internal', 'Expected one row of checksums, got none.');
    return { equal: row.same === 1, rows: Number(row.rowCount) };
  }

  /** Keys in a range whose rows differ, stand on one side only, or stand in the shadow twice. */
  async differing(session: Session, where: KeyRange | readonly KeyLiterals[]): Promise<KeyLiterals[]> {
    const condition = (key: TrackedKey, qualifier: string): string =>
      isKeys(where) ? keyIn(key, where, qualifier) : keyRange(key, where, qualifier);
    const first = quoteName(this.key.parts[0]?.name ?? '');
    const firstInShadow = quoteName(this.#shadowKey.parts[0]?.name ?? '');
    const rows = await session.query(
      `SELECT ${selectKey(this.key, 'o.')} FROM ${this.original} o LEFT JOIN ${this.shadow} n ON ${keyEqual(this.key, 'o.', this.#shadowKey, 'n.')}
        WHERE ${condition(this.key, 'o.')} AND (n.${firstInShadow} IS NULL OR COALESCE(${rowChecksum(this.compared, 'original', 'o.')} <> ${rowChecksum(this.compared, 'shadow', 'n.')}, TRUE))
       UNION ALL
       SELECT ${selectKey(this.#shadowKey, 'n.')} FROM ${this.shadow} n LEFT JOIN ${this.original} o ON ${keyEqual(this.#shadowKey, 'n.', this.key, 'o.')}
        WHERE ${condition(this.#shadowKey, 'n.')} AND o.${first} IS NULL
       UNION ALL
       SELECT ${selectKey(this.#shadowKey, 'n.')} FROM ${this.shadow} n
        WHERE ${condition(this.#shadowKey, 'n.')} GROUP BY ${keyColumns(this.#shadowKey, 'n.')} HAVING COUNT(*) > 1`,
    );
    return rows.map((row) => selectedKey(this.key, row));
  }

  /** The first key in a range whose row in the original fulfils a condition. */
  async firstWhere(session: Session, range: KeyRange, condition: string): Promise<KeyLiterals | undefined> {
    const [row] = await session.query(
      `SELECT ${selectKey(this.key)} FROM ${this.original} ${this.#index} WHERE ${keyRange(this.key, range)} AND ${condition} ORDER BY ${keyColumns(this.key)} LIMIT 1`,
    );
    return row === undefined ? undefined : selectedKey(this.key, row);
  }

  /** A row of the original, for people. */
  describe(key: KeyLiterals): string {
    return `the row (${keyColumns(this.key)}) = (${key.join(', ')})`;
  }

  /** The key that stands `offset` rows above a key (or the first key), or null when there is none below `to`. */
  async keyAfter(
    session: Session,
    from: KeyLiterals | undefined,
    offset: number,
    to?: KeyLiterals,
  ): Promise<KeyLiterals | null> {
    const [row] = await session.query(
      `SELECT ${selectKey(this.key)} FROM ${this.original} ${this.#index} WHERE ${keyRange(this.key, { ...(from ? { from } : {}), ...(to ? { to } : {}) })} ORDER BY ${keyColumns(this.key)} LIMIT 1 OFFSET ${offset}`,
    );
    return row === undefined ? null : selectedKey(this.key, row);
  }

  /** The highest key of the original; only for a single integer key. */
  async maximum(session: Session): Promise<bigint | null> {
    const [row] = await session.query<{ m: number | string | null }>(
      `SELECT MAX(${keyColumns(this.key)}) AS m FROM ${this.original}`,
    );
    return row?.m === null || row?.m === undefined ? null : BigInt(row.m);
  }

  /** Columns of the shadow by which rows are found. */
  get keyInShadow(): readonly string[] {
    return this.#shadowKey.parts.map(({ name }) => name);
  }

  get replaces(): boolean {
    return this.ownIndex !== null;
  }

  get hasSingleIntegerKey(): boolean {
    return isSingleInteger(this.key);
  }

  /** The unique key in conflict, if any, other than by the same row; every other warning means that a row does not fit. */
  async #duplicates(session: Session, count: number): Promise<string | undefined> {
    const warnings = await session.query<{ Level: string; Code: number; Message: string }>('SHOW WARNINGS');
    if (warnings.length < count)
      throw new SternaError(
        'row_does_not_fit',
        `Expected at most one warning a row of ${this.id}, got ${count}, of which the server shows ${warnings.length}. GRANT SESSION_VARIABLES_ADMIN to see them all, then plan again. The original is untouched.`,
      );
    let conflict: string | undefined;
    for (const { Code, Message } of warnings.filter((warning) => !isOfLiteral(this.key, warning))) {
      if (Code !== DUPLICATE_ENTRY) throw new Misfit(Message);
      if (!Message.endsWith(` for key '${shadowName(this.table)}.${this.ownIndex}'`)) conflict = Message;
    }
    return conflict;
  }
}

function isKeys(where: KeyRange | readonly KeyLiterals[]): where is readonly KeyLiterals[] {
  return Array.isArray(where);
}
