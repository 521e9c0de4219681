import { setTimeout as delay } from 'node:timers/promises';
import type { PlannedTask } from '../contract/index.js';
import type { Session } from '../mysql/index.js';
import type { Driver } from './driver.js';

/**
 * Whoever has it looks for a place next; a server gives a user lock to those who wait in the order in which they came. One for
 * each number of places: who may have more does not wait behind who may not.
 */
const turnOf = (places: number): string => `_sterna_copy_turn_${places}`;
const LOOK_MS = 100;

/**
 * A session that has one of the places for copies on its server, whichever workers they run in. A place is a user lock: it
 * goes with the session, however that ends, so that a dead worker keeps none.
 *
 * @param places of all copies at once
 */
export async function takeCopySlot(driver: Driver, places: number, tasks: readonly PlannedTask[]): Promise<Session> {
  const session = await driver.session();
  const tell = await waitingText(driver, places, tasks);
  const left = new AbortController();
  try {
    const turn = session.query('DO GET_LOCK(?, -1)', [turnOf(places)], { signal: left.signal, patient: true });
    while (!(await settledWithin(turn, LOOK_MS))) await keepUp(driver, tell);
    while (!(await hasPlace(session, places))) {
      await driver.pause(LOOK_MS);
      await keepUp(driver, tell);
    }
    await session.execute('DO RELEASE_LOCK(?)', [turnOf(places)]);
    return session;
  } catch (error) {
    left.abort(); // the driver closes the session
    throw error;
  }
}

async function hasPlace(session: Session, places: number): Promise<boolean> {
  for (let place = 1; place <= places; place += 1) {
    const name = `_sterna_copy_${place}`;
    const [lock] = await session.query<{ mine: number | null }>('SELECT GET_LOCK(?, 0) AS mine', [name]);
    if (lock?.mine === 1) return true;
  }
  return false;
}

/** Heartbeats and controls are followed while it waits. */
async function keepUp(driver: Driver, tell: () => void): Promise<void> {
  tell();
  await driver.checkpoint();
}

async function waitingText(driver: Driver, places: number, tasks: readonly PlannedTask[]): Promise<() => void> {
  const records = await driver.state.readTables(driver.main);
  const waitingFor = `a place among ${places} copies at once on this server (throttle.copies in the inventory)`;
  return () => {
    for (const { id, estimatedRows } of tasks) {
      const rows = records.find(({ taskId }) => taskId === id)?.rowsCopied ?? 0;
      const of = Math.max(rows, estimatedRows);
      const percent = of === 0 ? 0 : Math.floor((100 * rows) / of);
      driver.context.progress({ table: id, phase: 'copying', rows, of, percent, rowsPerSecond: 0, waitingFor });
    }
  };
}

/** False when it has not settled by then; throws what it throws. */
async function settledWithin(work: Promise<unknown>, milliseconds: number): Promise<boolean> {
  const timer = new AbortController();
  try {
    return await Promise.race([
      work.then(() => true),
      delay(milliseconds, false, { signal: timer.signal }).catch(() => false),
    ]);
  } finally {
    timer.abort();
  }
}
