import { type ChangeState, type TaskState, TERMINAL_STATES } from './states.js';

/** What the change is when it has no task: being planned, or ended without ever having had one. */
export type PlanningState = 'planning' | 'completed' | 'failed' | 'cancelled';

/**
 * The state of a change from the states of its tasks (S2). The first state of this list that a task is in
 * decides: a change is stopping until every task has stopped, is running as long as one runs, and so on.
 */
const ACTIVE: readonly TaskState[] = [
  'stopping',
  'stopped',
  'reverting',
  'cutting_over',
  'running',
  'waiting_for_cutover',
  'revert_window',
];
const ENDED: readonly TaskState[] = ['failed', 'cancelled', 'expired', 'reverted'];

/** The state of a change follows from those of its tasks (S2). */
export function deriveChangeState(
  tasks: readonly { readonly state: TaskState }[],
  planning: PlanningState,
  /** Something of the change is still on the target, which it holds until that is gone. */
  cleaningUp = false,
): ChangeState {
  if (tasks.length === 0) return planning;
  const states = new Set(tasks.map((task) => task.state));
  const active = ACTIVE.find((state) => states.has(state));
  if (active !== undefined) return active;
  if (states.has('queued') || states.has('planned')) {
    // Between two tasks that run one after another; before the first one the change has not begun.
    if (states.has('completed')) return 'running';
    return states.has('queued') ? 'queued' : 'planned';
  }
  if (cleaningUp) return 'running';
  return ENDED.find((state) => states.has(state)) ?? 'completed';
}

/** Whether a change or task in this state has ended (S1). */
export function isTerminal(state: ChangeState): boolean {
  return (TERMINAL_STATES as readonly ChangeState[]).includes(state);
}
