/** The states of a change and of its tasks: the same words, as data. */

export const CHANGE_STATES = [
  'planning',
  'planned',
  'queued',
  'running',
  'waiting_for_cutover',
  'cutting_over',
  'revert_window',
  'reverting',
  'stopping',
  'stopped',
  'completed',
  'failed',
  'cancelled',
  'reverted',
  'expired',
] as const;
/** docs/contract.md has what each means, and which follows which. */
export type ChangeState = (typeof CHANGE_STATES)[number];

/** None is ever left (S1). */
export const TERMINAL_STATES = [
  'completed',
  'failed',
  'cancelled',
  'reverted',
  'expired',
] as const satisfies readonly ChangeState[];
/** How a change ended. */
export type TerminalState = (typeof TERMINAL_STATES)[number];

/** A task has no planning of its own. */
export type TaskState = Exclude<ChangeState, 'planning'>;

/** What a running task is about. */
export const TASK_PHASES = [
  'preparing',
  'instant',
  'copying',
  'catching_up',
  'verifying',
  'holding',
  'guarding',
] as const;
/** What a running task does. `instant` stands for every statement that copies no row. */
export type TaskPhase = (typeof TASK_PHASES)[number];
