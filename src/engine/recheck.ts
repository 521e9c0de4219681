import type { Session } from '../mysql/index.js';
import { Chunker } from './chunker.js';
import type { CopyTable } from './copy.js';
import type { Driver } from './driver.js';
import type { Throttle } from './throttle.js';
import { settle } from './verify.js';
import { afterTooLarge, FIRST_CHUNK_ROWS, nextChunkRows, paceOf, withinBounds } from './volume.js';

/** Nobody waits for its end. */
const PACE = paceOf(1);

/**
 * Goes on comparing rows while a cutover is awaited, one table after the other and over again: days may lie between the
 * complete pass and the swap (E3).
 */
export class Recheck {
  #table = 0;
  #chunker: Chunker | undefined;
  #size = FIRST_CHUNK_ROWS;

  constructor(
    private readonly driver: Driver,
    private readonly throttle: Pick<Throttle, 'reason'>,
    private readonly tables: readonly CopyTable[],
    private readonly session: Session,
  ) {}

  /** Compares one chunk. True when rows of it differed and were repaired: their table has to be compared as a whole. */
  async next(): Promise<boolean> {
    const table = this.tables[this.#table];
    if (table === undefined || this.throttle.reason('compare') !== undefined) return false;
    const { driver, session } = this;
    const { rows } = table;
    const chunker = (this.#chunker ??= new Chunker(driver.main, rows, undefined));
    const range = await chunker.take(this.#size);
    if (range === null) {
      this.#chunker = undefined;
      this.#table = (this.#table + 1) % this.tables.length;
      return false;
    }
    const started = performance.now();
    const result = await withinBounds(this.#size, (options) => rows.equal(session, range, options));
    if (result === undefined) {
      chunker.giveBack(range);
      this.#size = afterTooLarge(this.#size);
      return false;
    }
    chunker.learn(range, result.rows);
    this.#size = nextChunkRows(this.#size, performance.now() - started, PACE);
    if (result.equal) return false;
    const { batch, repaired } = await settle(driver, table, await rows.differing(session, range));
    await driver.save(batch);
    if (repaired === 0) return false;
    this.#chunker = undefined;
    return true;
  }
}
