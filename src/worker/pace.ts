import { LRUCache } from 'lru-cache';

/** Nobody says when the last of a key has been; the oldest are forgotten, and due again. */
const KEYS = 10_000;

/** At most one of each key in so many milliseconds. */
export class Pace {
  readonly #last = new LRUCache<string, number>({ max: KEYS });

  constructor(
    private readonly ms: number,
    private readonly now = () => performance.now(),
  ) {}

  isDue(key: string): boolean {
    const now = this.now();
    if (now - (this.#last.get(key) ?? -Infinity) < this.ms) return false;
    this.#last.set(key, now);
    return true;
  }
}
