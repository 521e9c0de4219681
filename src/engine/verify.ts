import { SternaError } from '../contract/index.js';
import type { Session } from '../mysql/index.js';
import type { Batch } from './capture.js';
import { Chunker } from './chunker.js';
import { allOrFirstError, type CopyTable, Meter } from './copy.js';
import { type Driver, Interrupted } from './driver.js';
import type { KeyLiterals } from './key.js';
import { HOLD_MS, type Throttle } from './throttle.js';
import { afterTooLarge, FIRST_CHUNK_ROWS, nextChunkRows, paceOf, withinBounds } from './volume.js';

const ROUND_MS = 1_500;
/** What is captured and not flushed differs, and a chunk in which something differs is read again: flushing is cheaper. */
const FLUSH_KEYS = 100;
const FLUSH_INTERVAL_MS = 20;
/** Keys that are looked at again after a round, at most about so many: more do not differ by a change on its way. */
const MOST_SUSPECTS = 2_000;
const LOOKS = 5;
/** Comparing takes less of a server than copying: so many times the rows in a chunk. */
const MORE_ROWS = 5;
const PASSES = 3;

/**
 * Compares all rows without a lock (E3). A difference is looked at again after everything captured is
 * flushed: what is neither equal nor pending then is a real one. It is repaired through the key path and
 * counted, and the pass starts over: the swap needs one complete pass without a repair.
 */
export async function verifyRows(
  driver: Driver,
  throttle: Pick<Throttle, 'reason'>,
  table: CopyTable,
  sessions: readonly Session[],
): Promise<void> {
  // Of its own: what a write warned of is asked for next, and the driver's session is asked other things meanwhile.
  await using flushing = await driver.session();
  for (let pass = 1; pass <= PASSES; pass += 1) {
    const repaired = await verifyPass(driver, throttle, table, sessions, flushing);
    if (repaired === 0) return;
    driver.context.log.warn(
      { task: table.rows.id, repaired },
      'rows differed and were repaired; comparing again from the start',
    );
  }
  throw new SternaError(
    'rows_differ',
    `Expected ${table.rows.id} and its shadow to be equal after ${PASSES} passes of comparing, rows still differ. Nothing was swapped; the original is untouched.`,
  );
}

async function verifyPass(
  driver: Driver,
  throttle: Pick<Throttle, 'reason'>,
  table: CopyTable,
  sessions: readonly Session[],
  flushing: Session,
): Promise<number> {
  const { rows } = table;
  const chunker = new Chunker(driver.main, rows, table.record.checked ?? undefined);
  const meter = new Meter(table, 'verifying', 0);
  let size = FIRST_CHUNK_ROWS;
  let repairedInPass = 0;
  let turn: Promise<unknown> = Promise.resolve();
  while (!chunker.ended) {
    const roundEnds = Date.now() + ROUND_MS;
    const suspects: KeyLiterals[] = [];
    let interrupted: Interrupted | undefined;
    const work = async (session: Session, index: number): Promise<void> => {
      while (Date.now() < roundEnds && interrupted === undefined && suspects.length < MOST_SUSPECTS) {
        try {
          await driver.checkpoint();
        } catch (error) {
          if (!(error instanceof Interrupted)) throw error;
          interrupted = error;
          return;
        }
        const pace = paceOf(driver.control.volume);
        if (index >= pace.connections) return;
        const held = throttle.reason('compare');
        if (held !== undefined) {
          driver.context.progress(meter.progress({ throttle: held }));
          await driver.pause(HOLD_MS);
          continue;
        }
        const wanted = Math.min(size, MORE_ROWS * pace.chunkRows);
        const next = turn.then(() => chunker.take(wanted));
        turn = next.catch(() => undefined);
        const range = await next;
        if (range === null) return;
        const started = performance.now();
        const result = await withinBounds(wanted, (options) => rows.equal(session, range, options));
        if (result === undefined) {
          chunker.giveBack(range);
          size = afterTooLarge(wanted);
          continue;
        }
        chunker.learn(range, result.rows);
        if (!result.equal) suspects.push(...(await rows.differing(session, range)));
        // With the search for what differs, so that it is made in smaller chunks where much is written.
        size = nextChunkRows(wanted, performance.now() - started, { ...pace, chunkRows: MORE_ROWS * pace.chunkRows });
        meter.add(result.rows);
        driver.context.progress(meter.progress());
        if (pace.pauseMs > 0) await driver.pause(pace.pauseMs);
      }
    };
    const compared = allOrFirstError(sessions.map(work));
    await allOrFirstError([compared, keepFlushed(driver, flushing, compared)]);
    await driver.reached('compared');

    const { batch, repaired } = await settle(driver, table, suspects);
    repairedInPass += repaired;
    const position = chunker.watermark;
    const clean = repairedInPass === 0;
    table.record = {
      ...table.record,
      // A pass with repairs counts for nothing: a driver that takes over starts it again.
      checked: clean && position ? position : null,
      phase: clean && position === null ? 'verified' : 'verifying',
    };
    const { checked, phase } = table.record;
    await driver.save(batch, { [rows.id]: { phase, checked: checked ?? null } });
    if (interrupted !== undefined) throw interrupted;
  }
  return repairedInPass;
}

/** Brings over what is captured until `compared`. Comparing writes nothing, so no chunk can bring back what this deletes. */
async function keepFlushed(driver: Driver, session: Session, compared: Promise<unknown>): Promise<void> {
  const ended = compared.then(
    () => true,
    () => true,
  );
  const interval = async (): Promise<boolean> => {
    await driver.pause(FLUSH_INTERVAL_MS);
    return false;
  };
  while (!(await Promise.race([ended, interval()]))) {
    if (driver.pendingKeys >= FLUSH_KEYS) await driver.save(await driver.flush(session));
  }
}

/**
 * Flushes, then looks at differing keys until they are equal or every difference is explained by a pending change. Any
 * other is repaired; that all rows have to be compared from the start is noted in the same transaction (E3).
 */
export async function settle(
  driver: Driver,
  table: CopyTable,
  differing: readonly KeyLiterals[],
): Promise<{ batch: Batch; repaired: number }> {
  const { rows, record } = table;
  let suspects = differing;
  for (let look = 1; ; look += 1) {
    if (suspects.length > 0) await driver.catchUp(driver.main);
    const batch = await driver.flush(driver.main);
    if (suspects.length === 0) return { batch, repaired: 0 };
    const still = await rows.differing(driver.main, suspects);
    // What was changed since the flush is pending, once the stream has brought it.
    if (still.length > 0) await driver.catchUp(driver.main);
    const unexplained = still.filter((key) => !driver.isPending(rows.id, key));
    if (unexplained.length === 0) return { batch, repaired: 0 };
    if (look >= LOOKS) {
      driver.context.log.warn({ task: rows.id, keys: unexplained.slice(0, 5) }, 'rows differ without a pending change');
      const rowsRepaired = record.rowsRepaired + unexplained.length;
      const note = { rowsRepaired, checked: null, phase: 'verifying' } as const;
      await driver.write(driver.main, async () => {
        await rows.flush(driver.main, unexplained);
        await driver.state.updateTable(driver.main, rows.id, note);
      });
      table.record = { ...record, ...note };
      return { batch, repaired: unexplained.length };
    }
    suspects = unexplained;
  }
}
