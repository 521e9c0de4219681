import { SternaError } from '../contract/index.js';
import type { Session } from '../mysql/index.js';

/** Also how long a claim waits for a statement whose connection has just been ended, and the other way round. */
const WAIT_SECONDS = 5;

/** Runs `work` under a user lock of the server, which ends with its connection. `held` says what to expect when it is not free in time. */
export async function withUserLock<T>(
  session: Session,
  name: string,
  held: string,
  work: () => Promise<T>,
): Promise<T> {
  const [lock] = await session.query<{ held: number | null }>('SELECT GET_LOCK(?, ?) AS held', [name, WAIT_SECONDS]);
  if (lock?.held !== 1) throw new SternaError('lock_not_granted', `${held} It is tried again.`);
  try {
    return await work();
  } finally {
    await session.query('SELECT RELEASE_LOCK(?)', [name]).catch(() => session.destroy()); // it goes with its connection
  }
}
