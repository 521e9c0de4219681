import { type PlannedTask, SternaError } from '../contract/index.js';
import { quoteName, quoteTable, serverErrorNumber, type Session } from '../mysql/index.js';
import { type ColumnPair, pairColumns, readColumns, silentLoss } from './columns.js';
import type { FollowedRows } from './driver.js';
import {
  chooseKey,
  identifying,
  isOfLiteral,
  keyColumns,
  keyIn,
  type KeyLiterals,
  readIndexes,
  selectedKey,
  selectKey,
  type TrackedKey,
} from './key.js';
import { oldName } from './names.js';
import { UniqueConflict } from './table-rows.js';

const BAD_NULL = 1048; // ER_BAD_NULL_ERROR
const DUPLICATE_ENTRY = 1062; // ER_DUP_ENTRY
const NO_DEFAULT = 1364; // ER_NO_DEFAULT_FOR_FIELD
const CHECK_VIOLATED = 3819; // ER_CHECK_CONSTRAINT_VIOLATED
const SLICE_KEYS = 200;

/** Keys to bring over, and those of them that the replaced table has. */
interface Part {
  readonly keys: readonly KeyLiterals[];
  readonly present: readonly KeyLiterals[];
}

/**
 * A swapped table and the one that it replaced: every SQL statement that keeps the replaced one equal. The mirror of
 * `TableRows`, with one difference: rows of the replaced table are updated and never written anew, so that columns which
 * the change has dropped keep their values.
 *
 * No statement locks a row of the swapped table: it is read by INSERT … SELECT in READ COMMITTED alone.
 */
export class RevertRows implements FollowedRows {
  readonly original: string;
  readonly shadow: string;
  readonly shadowTable: string;
  readonly #columns: string;
  readonly #select: string;
  readonly #assign: string;
  readonly #index: string;
  readonly #lost: string | null;

  constructor(
    readonly id: string,
    readonly namespace: string,
    readonly table: string,
    readonly key: TrackedKey,
    /** From the swapped table (`original`) to the replaced one (`shadow`). */
    pairs: readonly ColumnPair[],
    /** The replaced table has columns that the swapped one has not. */
    private readonly keepsColumns: boolean,
    /** It has further unique keys, by which its rows may be in each other's way. */
    private readonly hasStricterKeys: boolean,
  ) {
    this.original = quoteTable(namespace, table);
    this.shadowTable = oldName(table);
    this.shadow = quoteTable(namespace, this.shadowTable);
    this.#columns = pairs.map((pair) => quoteName(pair.shadow.name)).join(', ');
    this.#select = pairs.map((pair) => quoteName(pair.original.name)).join(', ');
    this.#assign = pairs
      .map(
        ({ original, shadow }) =>
          `${this.shadow}.${quoteName(shadow.name)} = ${this.original}.${quoteName(original.name)}`,
      )
      .join(', ');
    this.#index = `FORCE INDEX (${quoteName(key.indexName)})`;
    this.#lost = silentLoss(pairs);
  }

  get replaces(): boolean {
    return !this.hasStricterKeys;
  }

  static async read(session: Session, namespace: string, { id, table }: PlannedTask): Promise<RevertRows> {
    const current = await readColumns(session, namespace, table);
    const replaced = await readColumns(session, namespace, oldName(table));
    const pairs = pairColumns(current, replaced);
    const inReplaced = await readIndexes(session, namespace, oldName(table));
    const nameInReplaced = (name: string): string | undefined =>
      pairs.find(({ original, shadow }) => original.name === name && original.collation === shadow.collation)?.shadow
        .name;
    const key = chooseKey(await readIndexes(session, namespace, table), inReplaced, nameInReplaced);
    const names = key?.parts.map(({ name }) => name) ?? [];
    // A duplicate is found by the primary key first: only then is the row that is updated the row of this key.
    if (key === null || identifying(inReplaced, names) === null)
      throw new SternaError(
        'not_revertible',
        `Expected the rows of ${id} to be found in the replaced table by its primary key, or by its only unique key; it has none such. The change cannot be reverted.`,
      );
    const keepsColumns = replaced.filter((column) => column.generated === null).length > pairs.length;
    return new RevertRows(
      id,
      namespace,
      table,
      key,
      pairs,
      keepsColumns,
      inReplaced.filter(({ unique }) => unique).length > 1,
    );
  }

  /**
   * Makes the replaced table's rows of these keys equal to the swapped one's as they are now. Throws
   * `row_does_not_fit` for a row that cannot go back; one that is in the way of another throws `UniqueConflict`, which
   * may be one of time.
   */
  async flush(session: Session, keys: readonly KeyLiterals[]): Promise<void> {
    const slices = Array.from({ length: Math.ceil(keys.length / SLICE_KEYS) }, (_, i) =>
      keys.slice(i * SLICE_KEYS, (i + 1) * SLICE_KEYS),
    );
    for (const slice of slices) await this.#assertKept(session, slice);
    if (this.hasStricterKeys && !this.keepsColumns) {
      // All go before any comes back: two rows may have changed places in a unique key.
      for (const slice of slices) await session.execute(`DELETE FROM ${this.shadow} WHERE ${keyIn(this.key, slice)}`);
      for (const slice of slices) await this.#insert(session, keyIn(this.key, slice));
      return;
    }
    const parts: Part[] = [];
    for (const keys of slices) parts.push({ keys, present: await this.#deleteGone(session, keys) });
    try {
      await this.#inPasses(session, parts);
    } catch (error) {
      if (!(error instanceof UniqueConflict) || !this.hasStricterKeys) throw error;
      const alone = parts.flatMap(({ present }) => present.map((key) => ({ keys: [key], present: [key] })));
      await this.#inPasses(session, [...alone, ...parts]);
    }
  }

  /** The keys of these that the replaced table has, after those that are gone from the swapped one have been deleted. */
  async #deleteGone(session: Session, keys: readonly KeyLiterals[]): Promise<KeyLiterals[]> {
    const first = quoteName(this.key.parts[0]?.name ?? '');
    const found = await session.query<Record<string, unknown> & { gone: number }>(
      `SELECT ${selectKey(this.key, `${this.shadow}.`)}, ${this.original}.${first} IS NULL AS gone
         FROM ${this.shadow} LEFT JOIN ${this.original} USING (${keyColumns(this.key)})
        WHERE ${keyIn(this.key, keys, `${this.shadow}.`)}`,
    );
    const literals = (gone: boolean): KeyLiterals[] =>
      found.filter((row) => (row.gone === 1) === gone).map((row) => selectedKey(this.key, row));
    const gone = literals(true);
    if (gone.length > 0) await session.execute(`DELETE FROM ${this.shadow} WHERE ${keyIn(this.key, gone)}`);
    return literals(false);
  }

  /** Each part that finds its place may make room for another one, most often for its neighbour: so to and fro. */
  async #inPasses(session: Session, parts: readonly Part[]): Promise<void> {
    for (let left = parts; left.length > 0;) {
      const stuck: Part[] = [];
      let conflict: unknown;
      for (const part of left) {
        try {
          await this.#bring(session, part);
        } catch (error) {
          if (!(error instanceof UniqueConflict)) throw error;
          conflict = error;
          stuck.push(part);
        }
      }
      if (stuck.length === left.length) throw conflict;
      left = stuck.reverse();
    }
  }

  async #bring(session: Session, { keys, present }: Part): Promise<void> {
    if (present.length > 0) await this.#update(session, present);
    const others = present.length === 0 ? '' : ` AND NOT (${keyIn(this.key, present)})`;
    await this.#insert(session, keyIn(this.key, keys) + others);
  }

  async #update(session: Session, keys: readonly KeyLiterals[]): Promise<void> {
    const { warnings } = await this.#write(
      session,
      `INSERT INTO ${this.shadow} (${this.#columns}) SELECT ${this.#select} FROM ${this.original} ${this.#index}
        WHERE ${keyIn(this.key, keys)} ON DUPLICATE KEY UPDATE ${this.#assign}`,
    );
    // The server warns of a missing default before it knows that every row exists.
    if (warnings > 0) await this.#assertNoWarning(session, [NO_DEFAULT]);
  }

  async #insert(session: Session, where: string): Promise<void> {
    const { warnings } = await this.#write(
      session,
      `INSERT INTO ${this.shadow} (${this.#columns}) SELECT ${this.#select} FROM ${this.original} ${this.#index} WHERE ${where}`,
    );
    if (warnings > 0) await this.#assertNoWarning(session, []);
  }

  async #write(session: Session, sql: string): Promise<{ warnings: number }> {
    try {
      return await session.execute(sql);
    } catch (error) {
      const number = serverErrorNumber(error);
      if (number === DUPLICATE_ENTRY)
        throw new UniqueConflict(this.id, '', this.#cannotGoBack((error as Error).message));
      if (number === BAD_NULL || number === CHECK_VIOLATED)
        throw new SternaError('row_does_not_fit', this.#cannotGoBack((error as Error).message), { cause: error });
      throw error;
    }
  }

  async #assertNoWarning(session: Session, harmless: readonly number[]): Promise<void> {
    const warnings = await session.query<{ Code: number; Message: string }>('SHOW WARNINGS');
    const found = warnings.find((warning) => !harmless.includes(warning.Code) && !isOfLiteral(this.key, warning));
    if (found !== undefined) throw new SternaError('row_does_not_fit', this.#cannotGoBack(found.Message));
  }

  /** Reads the swapped table alone, so that a row which changes meanwhile is no false alarm: its change is still to come. */
  async #assertKept(session: Session, keys: readonly KeyLiterals[]): Promise<void> {
    if (this.#lost === null) return;
    const [row] = await session.query(
      `SELECT ${selectKey(this.key)} FROM ${this.original} ${this.#index} WHERE ${keyIn(this.key, keys)} AND (${this.#lost}) LIMIT 1`,
    );
    if (row === undefined) return;
    const told = `the row of key (${selectedKey(this.key, row).join(', ')}) has a value that the old type would round`;
    throw new SternaError('row_does_not_fit', this.#cannotGoBack(told));
  }

  #cannotGoBack(told: string): string {
    return `Expected every row of ${this.id} to fit the replaced table as well; ${told}. The table and its writers are not affected, but the change cannot be reverted any more.`;
  }
}
