import type { Log } from '../target/index.js';
import type { ChangeObserver } from './observer-queue.js';
import { Pace } from './pace.js';

const PROGRESS_MS = 10_000;

/** A line for every state of a change, and one in ten seconds for the progress of each task. */
export function logObserver(log: Pick<Log, 'info'>, pace = new Pace(PROGRESS_MS)): ChangeObserver {
  return {
    name: 'log',
    onState: (change, from, to, { error }) =>
      log.info(
        { ...change, from, to, ...(error === undefined ? {} : { code: error.code, error: error.message }) },
        `change ${to}`,
      ),
    onProgress: (change, task, { table: _, ...progress }) => {
      if (pace.isDue(`${change.changeId}/${task}`)) log.info({ ...change, task, ...progress }, 'progress');
    },
  };
}
