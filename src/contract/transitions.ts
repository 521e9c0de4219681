import type { TaskState } from './states.js';

/** Which state of a task may follow which (S1, S3). Everything that changes a task's state checks it. */
export const TASK_TRANSITIONS: Readonly<Record<TaskState, readonly TaskState[]>> = {
  planned: ['queued', 'running', 'waiting_for_cutover', 'stopping', 'stopped', 'failed', 'cancelled', 'expired'],
  queued: ['planned', 'running', 'stopped', 'failed', 'cancelled'],
  running: ['waiting_for_cutover', 'cutting_over', 'completed', 'stopping', 'failed', 'cancelled'],
  waiting_for_cutover: ['running', 'cutting_over', 'stopping', 'stopped', 'failed', 'cancelled'],
  cutting_over: ['revert_window', 'completed', 'stopping', 'failed', 'cancelled'],
  stopping: ['stopped', 'revert_window', 'completed', 'failed', 'cancelled'],
  stopped: [
    ...['planned', 'queued', 'running', 'waiting_for_cutover', 'cutting_over', 'revert_window'],
    ...['completed', 'failed', 'cancelled'],
  ] as TaskState[],
  revert_window: ['reverting', 'completed', 'failed'],
  // Back where it cannot be done; completed where it is given up.
  reverting: ['reverted', 'revert_window', 'completed', 'failed'],
  completed: [],
  failed: [],
  cancelled: [],
  reverted: [],
  expired: [],
};
