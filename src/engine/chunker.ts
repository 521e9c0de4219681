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
  /** What was given back of ranges handed out, and is cut smaller. */
  readonly #rest = new Map<Place, KeyRange>();
  readonly #places = new WeakMap<KeyRange, Place>();
  #handedOut = 0;
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

  /** The same without what was given back: all keys below it are done when every range that is out is done. */
  get watermark(): KeyLiterals | undefined | null {
    const lowest = this.#lowestRest();
    return lowest === undefined ? this.position : lowest.range.from;
  }

  get ended(): boolean {
    return this.#ended && this.#rest.size === 0;
  }

  /** The next range of about `size` rows, or null after the last. Calls must not overlap. */
  async take(size: number): Promise<KeyRange | null> {
    const rest = this.#lowestRest();
    if (rest !== undefined) return this.#cut(rest.place, rest.range, size);
    if (this.#ended) return null;
    const from = this.next;
    const to = await this.#bound(from, size);
    if (to === null) this.#ended = true;
    else this.next = to;
    return this.#handOut(rangeOf(from, to), [(this.#handedOut += 1)]);
  }

  /** A range that was too much at once: it is handed out again in smaller ones. */
  giveBack(range: KeyRange): void {
    const place = this.#places.get(range);
    if (place === undefined) throw new RangeError('Expected a range that was handed out.');
    this.#rest.set([...place, 0], range);
  }

  #lowestRest(): { readonly place: Place; readonly range: KeyRange } | undefined {
    const [lowest] = [...this.#rest].sort(([a], [b]) => compare(a, b));
    return lowest && { place: lowest[0], range: lowest[1] };
  }

  async #cut(place: Place, range: KeyRange, size: number): Promise<KeyRange> {
    const to = await this.rows.keyAfter(this.session, range.from, size, range.to);
    this.#rest.delete(place);
    if (to === null) return this.#handOut(range, place);
    this.#rest.set([...place.slice(0, -1), (place.at(-1) ?? 0) + 1], rangeOf(to, range.to));
    return this.#handOut(rangeOf(range.from, to), place);
  }

  #handOut(range: KeyRange, place: Place): KeyRange {
    this.#places.set(range, place);
    return range;
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

/** Of a range among all that were handed out, in key order: a part of range 3 stands between 3 and 4. */
type Place = readonly number[];

function compare(a: Place, b: Place): number {
  for (let i = 0; i < Math.min(a.length, b.length); i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function rangeOf(from: KeyLiterals | undefined, to: KeyLiterals | null | undefined): KeyRange {
  return { ...(from ? { from } : {}), ...(to ? { to } : {}) };
}
