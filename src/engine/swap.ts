import { type PlannedTask, SternaError, type TaskReport } from '../contract/index.js';
import { describeBlockers, fingerprint, nextId, quoteTable, readDefinition, type Session } from '../mysql/index.js';
import { type Driver, type FollowedRows, Interrupted } from './driver.js';
import { oldName, shadowName } from './names.js';
import { ROW_SETTINGS } from './row-session.js';
import type { TablePhase, TableRecord, TableUpdate } from './state-table.js';

/** How long one attempt may wait for its lock; writers queue behind it for as long (E6). */
const LOCK_WAIT_SECONDS = 2;
/** How long the lock may be held by a connection that says nothing. */
const IDLE_SECONDS = 5;
/** How long writers may be held under the lock before it is given up (E6). */
const LOCK_HELD_MS = 1_500;
const BACKOFF_MS = { first: 500, most: 10_000 };
const SMALL_BACKLOG_KEYS = 200;
/** What is flushed under the lock at most; writers wait for it (E6). */
const MOST_KEYS_UNDER_LOCK = 2_000;

/** A table and the one that takes its name: a shadow, or the table that was replaced. */
export interface SwapTable {
  readonly rows: FollowedRows & { readonly original: string; readonly shadow: string; readonly shadowTable: string };
  readonly record: TableRecord;
  readonly task: PlannedTask;
}

/** A swap and the swap back are one thing in two directions. */
export interface Direction {
  readonly from: TablePhase;
  readonly done: TablePhase;
  readonly intended: 'swapIntended' | 'revertIntended';
  /** Where a table stands when it is done, and its definition then. */
  readonly stand: 'swapped' | 'not_swapped';
  readonly definition: (task: PlannedTask) => string | null;
  /** The name that the table gets which goes. */
  readonly aside: (table: string) => string;
}

export const FORTH: Direction = {
  from: 'verified',
  done: 'swapped',
  intended: 'swapIntended',
  stand: 'swapped',
  definition: (task) => task.desiredDefinition,
  aside: oldName,
};

export const BACK: Direction = {
  from: 'swapped',
  done: 'reverted',
  intended: 'revertIntended',
  stand: 'not_swapped',
  definition: (task) => task.liveDefinition,
  aside: shadowName,
};

/** A RENAME was tried and nobody has noted how it ended (E5). */
export function isUnseen(record: TableRecord, { from, intended }: Direction): boolean {
  return record.phase === from && record[intended] === true;
}

/** One for all tables of the change. */
export function renameStatement(
  tables: readonly { readonly namespace: string; readonly table: string }[],
  { aside }: Direction,
): string {
  // In one order, whoever asks: the statement is known again in the binlog by its text.
  const sorted = tables.toSorted((a, b) =>
    quoteTable(a.namespace, a.table) < quoteTable(b.namespace, b.table) ? -1 : 1,
  );
  const pairs = sorted.map(({ namespace, table }) => {
    const name = quoteTable(namespace, table);
    const incoming = aside === oldName ? shadowName(table) : oldName(table);
    return `${name} TO ${quoteTable(namespace, aside(table))}, ${quoteTable(namespace, incoming)} TO ${name}`;
  });
  return `RENAME TABLE ${pairs.join(', ')}`;
}

/**
 * Swaps shadows for originals, all in one RENAME, under a lock on all of them (E3): whatever was
 * committed before the lock is flushed before the names change. Tries until it has the locks, giving up
 * each time before anybody waits long (E6).
 */
export async function swapTables(
  driver: Driver,
  tables: readonly SwapTable[],
  direction: Direction = FORTH,
): Promise<Record<string, TaskReport>> {
  for (const { record } of tables) {
    if (record.phase !== direction.from)
      throw new SternaError(
        'internal',
        `Expected the rows of ${record.taskId} to have been compared equal before the swap, found it ${record.phase} (E3).`,
      );
  }
  let backoff = BACKOFF_MS.first;
  for (let attempt = 1; ; attempt += 1) {
    await driver.checkpoint();
    await approach(driver);
    // Of its own for each attempt, and short-lived when idle: if this process freezes, the server gives the lock back.
    await using session = await driver.session({
      ...ROW_SETTINGS,
      lock_wait_timeout: LOCK_WAIT_SECONDS,
      wait_timeout: IDLE_SECONDS,
    });
    const started = performance.now();
    // A backup lock, for one, holds it.
    const isMatched = await whenGranted(() =>
      matchAutoIncrement(session, tables, direction, (statement) => driver.runDdl(session, statement)),
    );
    await driver.save(
      undefined,
      Object.fromEntries(tables.map(({ record }) => [record.taskId, { [direction.intended]: true }])),
    );
    const outcome = isMatched
      ? await attemptSwap(driver, session, tables, direction)
      : ({ swapped: false, reason: await blockers(driver, tables) } as const);
    if (outcome.swapped)
      return Object.fromEntries(
        tables.map((table) => [table.record.taskId, report(table, outcome.blockedMs, attempt)]),
      );
    driver.context.log.info(
      { attempt, reason: outcome.reason, tookMs: Math.round(performance.now() - started) },
      'cutover attempt given up',
    );
    for (const table of tables) {
      driver.context.progress({
        table: table.record.taskId,
        phase: 'catching_up',
        rows: table.record.rowsCopied,
        of: table.record.rowsCopied,
        percent: 100,
        rowsPerSecond: 0,
        waitingFor: outcome.reason,
      });
    }
    for (const until = Date.now() + backoff; Date.now() < until;) {
      await driver.pause(100);
      await driver.checkpoint();
    }
    backoff = Math.min(backoff * 2, BACKOFF_MS.most);
  }
}

/** Flushes until what is left is small, so that little remains to be done under the lock. */
async function approach(driver: Driver): Promise<void> {
  for (;;) {
    await driver.catchUp(driver.main);
    const small = driver.pendingKeys <= SMALL_BACKLOG_KEYS;
    await driver.save(await driver.flush(driver.main));
    if (small) return;
  }
}

type Attempt =
  { readonly swapped: true; readonly blockedMs: number } | { readonly swapped: false; readonly reason: string };

async function attemptSwap(
  driver: Driver,
  session: Session,
  tables: readonly SwapTable[],
  direction: Direction,
): Promise<Attempt> {
  const names = tables.flatMap(({ rows }) => [rows.original, rows.shadow]);
  // The state table too: a stop that is written now is either seen below or waits until the swap is done (C2).
  const lock = `LOCK TABLES ${[...names, driver.state.sql].map((name) => `${name} WRITE`).join(', ')}`;
  await driver.reached('locking');
  const inTime = (statement: string): Promise<boolean> =>
    whenGranted(() => {
      // The server's own limit is for each table: several would wait one after another, and hold what they have (E6).
      const signal = AbortSignal.timeout(LOCK_WAIT_SECONDS * 1_000);
      return session.execute(statement, [], { signal }).catch((error: unknown) => {
        throw error === signal.reason ? new SternaError('lock_not_granted', 'The lock was given up.') : error;
      });
    });
  if (!(await inTime(lock))) return { swapped: false, reason: await blockers(driver, tables) };
  const locked = performance.now();
  try {
    await driver.reached('locked');
    const reason = await finishUnderLock(driver, session, tables, direction, locked);
    if (reason !== undefined) return { swapped: false, reason };
    await driver.reached('renaming');
    // A backup lock lets LOCK TABLES pass and holds the RENAME.
    const renamed = await inTime(
      renameStatement(
        tables.map(({ rows }) => rows),
        direction,
      ),
    );
    if (!renamed) return { swapped: false, reason: await blockers(driver, tables) };
    await driver.reached('renamed');
    for (const { record } of tables) await driver.state.updateTable(session, record.taskId, { phase: direction.done });
    await driver.reached('noted');
  } finally {
    // Always the last word on this session: a lock must not outlive the attempt.
    await session.execute('UNLOCK TABLES');
  }
  return { swapped: true, blockedMs: Math.round(performance.now() - locked) };
}

async function blockers(driver: Driver, tables: readonly SwapTable[]): Promise<string> {
  const holders = await describeBlockers(
    driver.main,
    tables.map(({ rows }) => rows),
  );
  return [...prepared(driver), holders].join('; ');
}

/** Their locks outlive their connections: ending those would help nothing. */
function prepared({ preparedTransactions: { length } }: Driver): string[] {
  return length > 0 ? [`${length} prepared XA transactions; commit or roll them back`] : [];
}

/** False when a lock is not granted in time (E6). */
async function whenGranted(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (error instanceof SternaError && error.code === 'lock_not_granted') return false;
    throw error;
  }
}

/** Epoch, stop request, last changes. Returns why not to swap. */
async function finishUnderLock(
  driver: Driver,
  session: Session,
  tables: readonly SwapTable[],
  direction: Direction,
  locked: number,
): Promise<string | undefined> {
  await driver.state.assertEpochLocked(session, driver.epoch); // E1
  const control = await driver.state.readControl(session);
  if (control.run === 'stop') throw new Interrupted('stopped'); // C2
  const [reason] = prepared(driver);
  if (reason !== undefined) return reason;
  if (!(await driver.catchUp(session, locked + LOCK_HELD_MS))) return 'the binlog stream, which was too far behind'; // E3, E6
  // One transaction that the lock has waited for may have changed more than can be brought over now.
  if (driver.pendingKeys > MOST_KEYS_UNDER_LOCK) return `${driver.pendingKeys} rows that were changed just now`;
  const batch = driver.takeBatch();
  // Few rows may be wide ones. What was brought over by then is done again.
  const held = AbortSignal.timeout(Math.max(1, Math.ceil(locked + LOCK_HELD_MS - performance.now())));
  try {
    await session.limited(held, async () => {
      for (const { rows } of tables) await rows.flush(session, [...(batch.keys.get(rows.id)?.values() ?? [])]);
    });
  } catch (error) {
    if (error !== held.reason) throw error;
    driver.putBack(batch);
    return 'rows that were changed just now and take long to bring over';
  }
  if (driver.pendingKeys > 0)
    throw new SternaError(
      'internal',
      'Expected no captured change under the lock after the last flush, found some (E3).',
    );
  // Once more: while the lock was awaited, ids may have been given out whose rows are gone again.
  await matchAutoIncrement(session, tables, direction, (statement) => session.execute(statement));
  return undefined;
}

/** A copy raises the counter to its highest row only; rows deleted from the top would get their ids again. */
async function matchAutoIncrement(
  session: Session,
  tables: readonly SwapTable[],
  { definition }: Direction,
  run: (statement: string) => Promise<unknown>,
): Promise<void> {
  for (const { rows, task } of tables) {
    if (!/ AUTO_INCREMENT\b/.test(definition(task) ?? '')) continue;
    const counters = await Promise.all(
      [rows.table, rows.shadowTable].map(async (name) => nextId(await readDefinition(session, rows.namespace, name))),
    );
    const [original, shadow] = counters;
    if (original !== undefined && (shadow ?? 1n) < original)
      await run(`ALTER TABLE ${rows.shadow} AUTO_INCREMENT = ${original}`);
  }
}

function report({ record }: SwapTable, cutoverBlockMs: number, cutoverAttempts: number): TaskReport {
  return { rowsCopied: record.rowsCopied, rowsRepaired: record.rowsRepaired, cutoverBlockMs, cutoverAttempts };
}

/** What a swap is decided by. */
export interface IntendedSwap {
  readonly task: Pick<PlannedTask, 'id' | 'table' | 'liveFingerprint' | 'desiredFingerprint'>;
  /** Physical MySQL schema. */
  readonly namespace: string;
}

/** What a swap is decided by is in the state as well: no plan is needed to clean up. */
export function swapOf(record: TableRecord): IntendedSwap {
  const { taskId, namespace, table, originalFingerprint, desiredFingerprint } = record;
  return { namespace, task: { id: taskId, table, liveFingerprint: originalFingerprint, desiredFingerprint } };
}

/**
 * Decides from the target whether an intended swap took place (E5): the RENAME is atomic, so either all
 * originals stand under their old names or all shadows under the new ones. In one transaction with the epoch, so
 * that a driver that was replaced meanwhile decides nothing (E1).
 */
export async function decideSwap(
  driver: Driver,
  tables: readonly IntendedSwap[],
  { done, intended, stand }: Direction = FORTH,
): Promise<'swapped' | 'not_swapped'> {
  return driver.write(driver.main, async () => {
    const found = await Promise.all(tables.map((table) => standOf(driver.main, table)));
    const [first] = found;
    if ((first !== 'swapped' && first !== 'not_swapped') || found.some((each) => each !== first)) {
      throw new SternaError(
        'swap_undecided',
        `Expected every table of the swap (${tables.map(({ task }) => task.id).join(', ')}) to be either swapped or not, found: ${found.join(', ')}. Compare ${tables.map(({ task }) => `${task.table} and ${oldName(task.table)}`).join(', ')} by hand.`,
      );
    }
    for (const { task } of tables) {
      const update: TableUpdate = first === stand ? { phase: done } : { [intended]: false };
      await driver.state.updateTable(driver.main, task.id, update);
    }
    return first;
  });
}

async function standOf(
  session: Session,
  { task, namespace }: IntendedSwap,
): Promise<'swapped' | 'not_swapped' | 'undecided'> {
  const [current, shadow, old] = await Promise.all(
    [task.table, shadowName(task.table), oldName(task.table)].map((name) => readDefinition(session, namespace, name)),
  );
  const is = (definition: string | null | undefined, print: string | null): boolean =>
    definition != null && fingerprint(definition, task.table) === print;
  if (shadow === null && is(old, task.liveFingerprint) && is(current, task.desiredFingerprint)) return 'swapped';
  if (old === null && is(shadow, task.desiredFingerprint) && is(current, task.liveFingerprint)) return 'not_swapped';
  return 'undecided';
}
