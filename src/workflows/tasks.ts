import {
  type ChangeState,
  deriveChangeState,
  isTerminal,
  type Milestone,
  type PlannedTask,
  type PlanningState,
  TASK_TRANSITIONS,
  type TaskReport,
  type TaskState,
  type TaskStatus,
} from '../contract/index.js';
import { refusal } from './change-input.js';

/** `before`: where a task belongs that a stop has taken out of its course. */
type Task = { -readonly [K in keyof TaskStatus]: TaskStatus[K] } & { before?: TaskState };

/** States in which a driver may be at work on the target. */
const DRIVEN: readonly TaskState[] = ['running', 'waiting_for_cutover', 'cutting_over'];

/** The tasks of one change on their course: every state is entered in `#move`, and no task that has ended moves (S1). */
export class Tasks {
  readonly #tasks: Task[] = [];

  get all(): readonly TaskStatus[] {
    return this.#tasks.map(({ before: _, ...task }) => task);
  }

  get ids(): string[] {
    return this.#tasks.map((task) => task.id);
  }

  /** The state of the change that they make up (S2). */
  stateOfChange(planning: PlanningState, ending: boolean): ChangeState {
    return deriveChangeState(this.#tasks, planning, ending);
  }

  get haveEnded(): boolean {
    return this.#tasks.length > 0 && this.#tasks.every(({ state }) => isTerminal(state));
  }

  add(planned: readonly PlannedTask[]): void {
    for (const { id, namespace, table, action, execution } of planned)
      this.#tasks.push({ id, namespace, table, action, execution, state: 'planned' });
  }

  /** Moves tasks that have not ended; one that a stop has taken out of its course goes there later. */
  set(ids: readonly string[], state: TaskState): void {
    for (const task of this.#tasks) {
      if (!ids.includes(task.id) || isTerminal(task.state) || task.state === state) continue;
      if (task.before !== undefined) task.before = state;
      else this.#move(task, state);
    }
  }

  /** Nothing of the queue is left. */
  leaveQueue(): void {
    for (const task of this.#tasks) {
      if (task.before === 'queued') task.before = 'planned';
      if (task.state === 'queued') this.#move(task, 'planned');
    }
  }

  beginStop(): void {
    for (const task of this.#tasks) {
      if (isTerminal(task.state) || task.state === 'revert_window') continue;
      task.before = task.state;
      this.#move(task, DRIVEN.includes(task.state) ? 'stopping' : 'stopped');
    }
  }

  /** No driver is at work any more: every task that was stopping has stopped. */
  stopped(): void {
    for (const task of this.#tasks) if (task.state === 'stopping') this.#move(task, 'stopped');
  }

  /** What has stopped goes back to where it was. */
  resume(): void {
    for (const task of this.#tasks) {
      if (task.state !== 'stopped') continue;
      const before = task.before ?? 'planned';
      delete task.before;
      this.#move(task, before);
    }
  }

  /** What a driver may be at work on is to stop for good. */
  cancel(): void {
    for (const task of this.#tasks) if (DRIVEN.includes(task.state)) this.#move(task, 'stopping');
  }

  revert(): void {
    for (const task of this.#tasks) if (task.state === 'revert_window') this.#move(task, 'reverting');
  }

  finish(ids: readonly string[], state: 'completed' | 'reverted' | 'revert_window'): void {
    for (const task of this.#tasks) {
      if (!ids.includes(task.id) || isTerminal(task.state)) continue;
      delete task.phase;
      delete task.progress;
      delete task.before;
      this.#move(task, state);
    }
  }

  /** Everything that has not ended ends so. */
  end(state: 'completed' | 'failed' | 'cancelled' | 'expired'): void {
    // What never ran did not fail.
    const ran = ({ state: now }: Task): boolean => now !== 'planned' && now !== 'queued';
    const someRan = this.#tasks.some((task) => ran(task) && !isTerminal(task.state));
    for (const task of this.#tasks) {
      if (isTerminal(task.state)) continue;
      delete task.before;
      // What is swapped stays so, whatever became of the others.
      const isSwapped = task.state === 'revert_window';
      this.#move(task, isSwapped ? 'completed' : state === 'failed' && someRan && !ran(task) ? 'cancelled' : state);
    }
  }

  report(reports: Readonly<Record<string, TaskReport>>): void {
    for (const task of this.#tasks) {
      const report = reports[task.id];
      if (report !== undefined) task.report = report;
    }
  }

  /** Returns what was known of the task's progress before; undefined when it has ended. */
  milestone({ taskId, ...progress }: Milestone): Pick<TaskStatus, 'phase' | 'progress'> | undefined {
    const task = this.#tasks.find((each) => each.id === taskId);
    if (task === undefined || isTerminal(task.state)) return undefined;
    const before = { ...task };
    task.phase = progress.phase;
    task.progress = { table: taskId, ...progress };
    return before;
  }

  #move(task: Task, state: TaskState): void {
    if (!TASK_TRANSITIONS[task.state].includes(state)) {
      throw refusal(
        'internal',
        `Expected task ${task.id} to go from ${task.state} to ${TASK_TRANSITIONS[task.state].join(' or ') || 'nothing'}, not to ${state}.`,
      );
    }
    task.state = state;
  }
}
