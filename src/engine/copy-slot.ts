import { type PlannedTask, SternaError } from '../contract/index.js';
import type { Session } from '../mysql/index.js';
import type { Driver } from './driver.js';
import { patiently } from './long-statement.js';

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
  const turn = turnOf(places);
  const ask = 'SELECT GET_LOCK(?, -1) AS mine';
  const [lock] = await patiently(
    driver,
    session,
    (options) => session.query<{ mine: number | null }>(ask, [turn], options),
    tell,
  );
  if (lock?.mine !== 1)
    throw new SternaError(
      'interrupted',
      'Expected to wait for a place to copy, the server broke that off. It is tried again.',
    );
  while (!(await hasPlace(session, places))) {
    tell();
    await driver.pause(LOOK_MS);
    await driver.checkpoint();
  }
  await session.execute('DO RELEASE_LOCK(?)', [turn]);
  return session;
}

async function hasPlace(session: Session, places: number): Promise<boolean> {
  for (let place = 1; place <= places; place += 1) {
    const name = `_sterna_copy_${place}`;
    const [lock] = await session.query<{ mine: number | null }>('SELECT GET_LOCK(?, 0) AS mine', [name]);
    if (lock?.mine === 1) return true;
  }
  return false;
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
