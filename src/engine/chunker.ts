import type { Session } from '../mysql/index.js';
import type { KeyLiterals, KeyRange } from './key.js';
import type { TableRows } from './table-rows.js';

/** A computed range that holds fewer rows than this share of its width makes the next one be searched. */
const SPARSE = 0.3;

/**
 * Cuts a table into half-open ranges, in key order, which together cover every key: the first has no lower
 * and the last no upper bound. Where the key is one integer and most values are taken, bounds are computed;
 * otherwise the server is asked for the n-th key, which also jumps over any gap.
 */
export class Chunker {
  #dense: boolean;
  #maximum: bigint | null = null;
  #ended = false;

  constructor(
    private readonly session: Session,
    private readonly rows: TableRows,
    /** Where the next range begins; undefined at the start. */
    private next: KeyLiterals | undefined,
  ) {
    this.#dense = rows.hasSingleIntegerKey;
  }

  /** All keys below it have been handed out; null when all have. */
  get position(): KeyLiterals | undefined | null {
    return this.#ended ? null : this.next;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** The next range of about `size` rows, or null after the last. Calls must not overlap. */
  async take(size: number): Promise<KeyRange | null> {
    if (this.#ended) return null;
    const from = this.next;
    const to = await this.#bound(from, size);
    if (to === null) {
      this.#ended = true;
      return from ? { from } : {};
    }
    this.next = to;
    return from ? { from, to } : { to };
  }

  /** Tells how many rows a computed range turned out to hold. */
  learn(range: KeyRange, rows: number): void {
    if (!this.#dense || !range.from || !range.to) return;
    const width = BigInt(range.to[0] ?? 0) - BigInt(range.from[0] ?? 0);
    if (rows < Number(width) * SPARSE) this.#dense = false;
  }

  async #bound(from: KeyLiterals | undefined, size: number): Promise<KeyLiterals | null> {
    if (this.#dense && from !== undefined) {
      const to = BigInt(from[0] ?? 0) + BigInt(size);
      if (this.#maximum === null || to > this.#maximum) this.#maximum = await this.rows.maximum(this.session);
      return this.#maximum === null || to > this.#maximum ? null : [to.toString()];
    }
    const to = await this.rows.keyAfter(this.session, from, size);
    if (this.rows.hasSingleIntegerKey && from !== undefined && to !== null) {
      this.#dense = Number(BigInt(to[0] ?? 0) - BigInt(from[0] ?? 0)) * SPARSE < size;
    }
    return to;
  }
}
