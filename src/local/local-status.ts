import {
  type ChangeStatus,
  deriveChangeState,
  type ErrorInfo,
  type Plan,
  type PlanningState,
  type TaskProgress,
  type TaskReport,
  type TaskState,
  type TaskStatus,
  worstSafety,
} from '../contract/index.js';

type Task = { -readonly [K in keyof TaskStatus]: TaskStatus[K] };

/** What a change shows that no workflow keeps: the same status, of this run alone. */
export class LocalStatus {
  readonly #tasks: Task[] = [];
  #plan: Plan | undefined;
  #planning: PlanningState = 'planning';
  #waitingFor: string | undefined;
  #lastError: ErrorInfo | undefined;
  /** The target will have to be cleaned up, whatever the tables are. */
  #cleaningUp = false;
  #ended: 'stopped' | 'failed' | undefined;

  constructor(
    private readonly base: Pick<ChangeStatus, 'changeId' | 'route' | 'options'>,
    private readonly show: (status: ChangeStatus) => void,
  ) {}

  get now(): ChangeStatus {
    const plan = this.#plan;
    return {
      ...this.base,
      state: this.#ended ?? deriveChangeState(this.#tasks, this.#planning, this.#cleaningUp),
      route: plan?.route ?? this.base.route,
      ...(plan ? { planHash: plan.planHash, safety: worstSafety(plan), noChanges: plan.tasks.length === 0 } : {}),
      tasks: this.#tasks.map((task) => ({ ...task })),
      ...(this.#waitingFor === undefined ? {} : { waitingFor: this.#waitingFor }),
      controls: [],
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
    };
  }

  planned(plan: Plan): void {
    this.#plan = plan;
    if (plan.tasks.length === 0) this.#planning = 'completed';
    else this.#cleaningUp = true;
    for (const { id, namespace, table, action, execution } of plan.tasks)
      this.#tasks.push({ id, namespace, table, action, execution, state: 'planned' });
    this.#shown();
  }

  set(id: string, state: TaskState): void {
    this.#waitingFor = undefined;
    for (const task of this.#tasks) if (task.id === id) task.state = state;
    this.#shown();
  }

  progress(progress: TaskProgress): void {
    this.#waitingFor = undefined;
    for (const task of this.#tasks)
      if (task.id === progress.table) Object.assign(task, { phase: progress.phase, progress });
    this.#shown();
  }

  complete(id: string, report: TaskReport | undefined): void {
    for (const task of this.#tasks) {
      if (task.id !== id) continue;
      delete task.phase;
      delete task.progress;
      if (report !== undefined) task.report = report;
    }
    this.set(id, 'completed');
  }

  waitFor(what: string): void {
    this.#waitingFor = what;
    this.#shown();
  }

  cleaningUp(): void {
    this.waitFor('the clean-up of the target');
  }

  /** Everything is as planned. @param leftovers why something stays on the target (E7) */
  completed(leftovers?: ErrorInfo): void {
    this.#cleaningUp = false;
    this.#waitingFor = undefined;
    this.#lastError = leftovers;
    this.#shown();
  }

  /** What has not ended stops, or fails. */
  end(state: 'stopped' | 'failed', error?: ErrorInfo): void {
    this.#ended = state;
    this.#waitingFor = undefined;
    this.#lastError = error;
    for (const task of this.#tasks) if (task.state !== 'completed') task.state = state;
    this.#shown();
  }

  #shown(): void {
    this.show(this.now);
  }
}
