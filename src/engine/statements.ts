import { atTime, SternaError } from '../contract/index.js';
import {
  askedCounter,
  describeBlockers,
  fingerprint,
  isBelow,
  nextId,
  readDefinition,
  type Session,
} from '../mysql/index.js';
import type { Driver } from './driver.js';
import { assertNoOtherChange } from './found-states.js';
import type { PhysicalTask } from './prepare.js';

const BACKOFF_MS = { first: 500, most: 10_000 };

/**
 * Runs a task that copies no row: create, drop, instant, in place. Whether it has run before is decided
 * from the table itself, so a crash at any point is harmless (E5).
 */
export async function runStatements(
  driver: Driver,
  { task, namespace }: PhysicalTask,
  session: Session,
): Promise<void> {
  const before = await stand(session, { task, namespace });
  if (before === 'done') return;
  if (before === 'drifted') {
    throw new SternaError(
      'drifted',
      `Expected ${task.id} as it was when planned, found ${task.action === 'create' ? 'another table of that name' : 'another definition'}. Nothing was changed; plan again.`,
    );
  }
  await assertNoOtherChange(driver.main, driver.step.changeId, { id: task.id, namespace, table: task.table });
  try {
    for (const statement of task.statements)
      await runPatiently(driver, { task, namespace }, session, atTime(statement, Date.now()));
  } catch (error) {
    // A driver that was ended may have finished its statement all the same: the table decides (E5).
    if (!(error instanceof SternaError) || error.code !== 'sql_error') throw error;
    if ((await stand(session, { task, namespace })) !== 'done') throw error;
  }
  if ((await stand(session, { task, namespace })) !== 'done') {
    throw new SternaError(
      'drifted',
      `Expected ${task.id} to have the planned definition after its statements, found another one.`,
    );
  }
}

/** Every one of them is as planned. */
export async function areDone(session: Session, tasks: readonly PhysicalTask[]): Promise<boolean> {
  for (const task of tasks) if ((await stand(session, task)) !== 'done') return false;
  return true;
}

/** Where a table stands between its live and its desired definition. */
async function stand(session: Session, { task, namespace }: PhysicalTask): Promise<'to_do' | 'done' | 'drifted'> {
  const definition = await readDefinition(session, namespace, task.table);
  const now = definition === null ? null : fingerprint(definition);
  // A counter is no part of the definition. It is only raised: rows that are gone keep their ids to themselves.
  const counter = askedCounter(task.statements[0] ?? '');
  if (counter !== undefined && now === task.liveFingerprint)
    return (nextId(definition) ?? 1n) >= counter ? 'done' : 'to_do';
  if (now === task.desiredFingerprint) return 'done';
  return now === task.liveFingerprint ? 'to_do' : 'drifted';
}

/** With a short lock wait, again and again: writers never queue behind it for long (E6). */
async function runPatiently(
  driver: Driver,
  { task, namespace }: PhysicalTask,
  session: Session,
  statement: string,
): Promise<void> {
  for (let backoff = BACKOFF_MS.first; ; backoff = Math.min(backoff * 2, BACKOFF_MS.most)) {
    await driver.checkpoint(); // C2
    await assertSmall(session, { task, namespace });
    try {
      await driver.runDdl(session, statement, { signal: driver.context.signal });
      return;
    } catch (error) {
      if (!(error instanceof SternaError) || error.code !== 'lock_not_granted') throw error;
    }
    const waitingFor = await describeBlockers(driver.main, [{ namespace, table: task.table }]);
    driver.context.progress({
      table: task.id,
      phase: 'instant',
      rows: 0,
      of: 0,
      percent: 0,
      rowsPerSecond: 0,
      waitingFor,
    });
    for (const until = Date.now() + backoff; Date.now() < until;) {
      await driver.pause(100);
      await driver.checkpoint();
    }
  }
}

/** Writers wait for as long as the server changes the table: not for one that has outgrown what was agreed to. */
async function assertSmall(session: Session, { task, namespace }: PhysicalTask): Promise<void> {
  const { directLimits } = task;
  if (directLimits === undefined || (await isBelow(session, namespace, task.table, directLimits))) return;
  const limits = Object.entries(directLimits).map(([what, most]) => `${most} ${what}`);
  throw new SternaError(
    'table_grew',
    `Expected ${task.id} to stay under ${limits.join(' and ')} for a direct change, it has outgrown that. Nothing was changed; plan again.`,
  );
}
