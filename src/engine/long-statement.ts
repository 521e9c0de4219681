import { setTimeout as delay } from 'node:timers/promises';
import { PATIENCE, type QueryOptions, type Session } from '../mysql/index.js';
import type { Driver } from './driver.js';
import { CONTROL_INTERVAL_MS } from './state-table.js';

/**
 * Runs a statement that may take hours, on a session other than the driver's `main`: controls are followed meanwhile (C1).
 *
 * @param tell called again and again meanwhile
 */
export async function patiently<T>(
  driver: Driver,
  session: Session,
  run: (options: QueryOptions) => Promise<T>,
  tell: () => void = () => undefined,
): Promise<T> {
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, driver.context.signal]);
  const running = run({ signal, patient: true }).then((result) => ({ result }));
  const watching = watch(driver.main, session, running);
  watching.catch(() => undefined); // awaited below
  try {
    for (;;) {
      const ended = await Promise.race([running, driver.pause(CONTROL_INTERVAL_MS)]);
      if (ended !== undefined) return ended.result;
      tell();
      await driver.checkpoint();
    }
  } catch (error) {
    stop.abort(error);
    await running.catch(() => undefined); // ended on the server; the error above is the one that counts
    throw error;
  } finally {
    await watching;
  }
}

/**
 * Returns when a statement has ended that may take hours; cuts its connection when the server does not run it any
 * more, or does not answer at all: no silence lasts for ever. `main` is another session, which asks the server.
 */
export async function watch(main: Session, session: Session, running: Promise<unknown>): Promise<void> {
  const ended = running.then(
    () => true,
    () => true,
  );
  const stopLooking = new AbortController();
  const look = async (): Promise<boolean> => {
    await delay(PATIENCE.look, undefined, { signal: stopLooking.signal });
    return false;
  };
  try {
    for (let missed = 0; missed < 2;) {
      const looking = look();
      looking.catch(() => undefined); // ended below
      if (await Promise.race([ended, looking])) return;
      const [row] = await main.query<{ command: string }>(
        'SELECT COMMAND AS command FROM information_schema.PROCESSLIST WHERE ID = ?',
        [session.threadId],
      );
      // Once may be the moment between its end and its answer.
      missed = row === undefined || row.command === 'Sleep' ? missed + 1 : 0;
    }
    session.destroy();
  } catch (error) {
    session.destroy(error as Error);
  } finally {
    stopLooking.abort();
  }
}
