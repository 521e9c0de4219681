import type { ApplicationFailure } from '@temporalio/common';
import {
  type ApplyMessage,
  type Caller,
  type ChangeState,
  type ChangeStatus,
  type Control,
  deriveChangeState,
  type ErrorInfo,
  isTerminal,
  type MessageArguments,
  MESSAGE_NAMES,
  type MessageName,
  type MessageResult,
  MESSAGES,
  type Milestone,
  type Plan,
  type PlanningState,
  type ReasonedMessage,
  type SchemaChangeInput,
  type SetVolumeMessage,
  TASK_TRANSITIONS,
  type TaskReport,
  type TaskState,
  type TaskStatus,
} from '../contract/index.js';
import { assertNoRevertWindow, isVolume, refusal, type ResolvedOptions } from './change-input.js';
import { EventLog } from './event-log.js';

type MutableTask = { -readonly [K in keyof TaskStatus]: TaskStatus[K] } & { before?: TaskState };

const WHAT_FITS: Readonly<Record<ChangeState, string>> = {
  planning: 'wait for the plan, or cancel',
  planned: 'apply or cancel',
  queued: 'wait, stop or cancel',
  running: 'stop, setVolume or cancel',
  waiting_for_cutover: 'cutover, stop or cancel',
  cutting_over: 'wait for the swap, or stop',
  stopping: 'wait until it has stopped, or cancel',
  stopped: 'resume or cancel',
  revert_window: 'revert or finalize',
  reverting: 'wait for the end',
  completed: 'nothing more; plan a new change',
  failed: 'nothing more; plan a new change',
  cancelled: 'nothing more; plan a new change',
  reverted: 'nothing more; plan a new change',
  expired: 'nothing more; plan a new change',
};

/**
 * The state machine of one change, without Temporal: decides on messages and keeps tasks, options, the
 * control row and the event log. The workflow asks it what to do next; messages only set requests here.
 *
 *   planning ─▶ planned ─▶ (queued) ─▶ running ─▶ waiting_for_cutover ─▶ cutting_over ─▶ completed
 *                                      │  ▲
 *                                   stopping ─▶ stopped
 */
export class ChangeMachine {
  readonly log: EventLog;
  plan: Plan | undefined;
  readonly #tasks: MutableTask[] = [];
  #planning: PlanningState = 'planning';
  #options: ResolvedOptions;
  #control: Control;
  #waitingFor: string | undefined;
  #lastError: ErrorInfo | undefined;
  #applied = false;
  #stopRequested = false;
  #cutoverRequested = false;
  #cancel: Caller | undefined;

  constructor(
    private readonly changeId: string,
    private readonly input: SchemaChangeInput,
    options: ResolvedOptions,
    now: () => number,
  ) {
    this.#options = options;
    this.#control = { sequence: 1, run: 'run', volume: options.volume, cutover: false };
    this.log = new EventLog(now);
  }

  // ------------------------------------------------------------------ what the workflow asks

  get state(): ChangeState {
    return deriveChangeState(this.#tasks, this.#planning);
  }
  get options(): ResolvedOptions {
    return this.#options;
  }
  get control(): Control {
    return this.#control;
  }
  get applied(): boolean {
    return this.#applied;
  }
  get stopRequested(): boolean {
    return this.#stopRequested;
  }
  get cutoverRequested(): boolean {
    return this.#cutoverRequested;
  }
  get cancelRequested(): boolean {
    return this.#cancel !== undefined;
  }
  get tasks(): readonly TaskStatus[] {
    return this.#tasks.map(({ before: _, ...task }) => task);
  }

  status(): ChangeStatus {
    const { allowUnsafe, deferCutover, revertWindow, onConflict } = this.#options;
    const { target, environment } = this.input;
    return {
      changeId: this.changeId,
      state: this.state,
      route: this.plan?.route ?? {
        target,
        environment,
        type: 'mysql',
        namespaces: Object.keys(this.input.schema ?? this.input.statements ?? {}).sort(),
      },
      ...(this.plan
        ? { planHash: this.plan.planHash, safety: worst(this.plan), noChanges: this.plan.tasks.length === 0 }
        : {}),
      options: { allowUnsafe, deferCutover, revertWindow, onConflict, volume: this.#control.volume },
      ...(this.input.caller === undefined ? {} : { caller: this.input.caller }),
      ...(this.input.reason === undefined ? {} : { reason: this.input.reason }),
      tasks: this.tasks,
      ...(this.#waitingFor === undefined ? {} : { waitingFor: this.#waitingFor }),
      controls: MESSAGE_NAMES.filter((name) => MESSAGES[name].acceptedIn.includes(this.state)),
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
    };
  }

  // ------------------------------------------------------------------ messages

  /** Throws why a message is refused (C3); changes nothing. Validators of updates call it. */
  assertAccepts<N extends MessageName>(name: N, message: MessageArguments[N]): void {
    const found = JSON.stringify(message) ?? 'nothing';
    if (
      typeof message !== 'object' ||
      message === null ||
      Array.isArray(message) ||
      typeof message.caller !== 'string' ||
      message.caller === ''
    ) {
      throw refusal(
        'input_invalid',
        `Expected one object with a caller, e.g. ${JSON.stringify(MESSAGES[name].example)}, got ${found.slice(0, 100)}.`,
      );
    }
    for (const part of ['target', 'environment'] as const) {
      const asked = message[part];
      if (asked !== undefined && asked !== this.input[part]) {
        throw refusal(
          'route_mismatch',
          `Expected ${part} ${this.input[part]}, for which this change was planned, got ${asked} (R1). Plan a new change for the other one.`,
        );
      }
    }
    const { acceptedIn, alreadyIn } = MESSAGES[name];
    if (!acceptedIn.includes(this.state) && !alreadyIn.includes(this.state)) {
      throw refusal(
        'control_refused',
        `Expected ${name} in state ${acceptedIn.join(' or ')}, the change is ${this.state}. What fits now: ${WHAT_FITS[this.state]}.`,
      );
    }
    if (name === 'setVolume' && !isVolume((message as SetVolumeMessage).volume)) {
      throw refusal(
        'input_invalid',
        `Expected a whole volume from 1 to 11, got ${JSON.stringify((message as SetVolumeMessage).volume)}.`,
      );
    }
    if (name === 'apply' && this.state === 'planned') this.#assertMayApply(message as ApplyMessage);
  }

  /** The one way in for every message, as update or signal. */
  accept<N extends MessageName>(name: N, message: MessageArguments[N]): MessageResult {
    this.assertAccepts(name, message);
    const already = MESSAGES[name].alreadyIn.includes(this.state) || (name === 'stop' && this.#stopRequested);
    if (!already) this.#take(name, message);
    this.log.add({
      what: name,
      caller: message.caller,
      outcome: 'accepted',
      detail: already ? 'already' : ((message as ReasonedMessage).reason ?? describe(name, message)),
    });
    return { state: this.state, already };
  }

  /** For signals, which nobody answers. */
  recordRefusal(name: MessageName, message: unknown, failure: ApplicationFailure): void {
    const caller = (message as Caller | undefined)?.caller;
    this.log.add({
      what: name,
      ...(typeof caller === 'string' ? { caller } : {}),
      outcome: 'refused',
      detail: failure.message,
    });
  }

  /** A stop that the target turned down, because the swap was done. */
  withdrawStop(why: string): void {
    this.#stopRequested = false;
    this.#setControl({ run: 'run' });
    for (const task of this.#tasks) if (task.state === 'stopping') this.#restore(task);
    this.log.add({ what: 'stop', outcome: 'refused', detail: why });
  }

  /** A native cancel; during a swap it waits for the outcome. */
  cancelNatively(): void {
    if (isTerminal(this.state) || this.#cancel !== undefined) return;
    this.#take('cancel', { caller: 'temporal' });
    this.log.add({ what: 'cancel', caller: 'temporal', outcome: 'accepted', detail: 'native cancel' });
  }

  #take(name: MessageName, message: MessageArguments[MessageName]): void {
    switch (name) {
      case 'apply': {
        const { allowUnsafe, deferCutover, revertWindow } = message as ApplyMessage;
        this.#options = {
          ...this.#options,
          ...(allowUnsafe === undefined ? {} : { allowUnsafe }),
          ...(deferCutover === undefined ? {} : { deferCutover }),
          ...(revertWindow === undefined ? {} : { revertWindow }),
        };
        this.#applied = true;
        return;
      }
      case 'stop':
        this.#stopRequested = true;
        this.#setControl({ run: 'stop' });
        for (const task of this.#tasks) {
          if (isTerminal(task.state)) continue;
          task.before = task.state;
          this.#move(
            task,
            task.state === 'running' || task.state === 'cutting_over' || task.state === 'waiting_for_cutover'
              ? 'stopping'
              : 'stopped',
          );
        }
        return;
      case 'resume':
        this.#stopRequested = false;
        this.#setControl({ run: 'run' });
        for (const task of this.#tasks) if (task.state === 'stopped') this.#restore(task);
        return;
      case 'cutover':
        this.#cutoverRequested = true;
        this.#setControl({ cutover: true });
        return;
      case 'cancel':
        this.#cancel = message;
        this.#setControl({ run: 'stop' });
        return;
      case 'setVolume':
        this.#setControl({ volume: (message as SetVolumeMessage).volume });
        return;
      case 'revert':
      case 'finalize':
        throw refusal('not_supported', `${name} needs a revert window, which this version does not have.`);
    }
  }

  #assertMayApply({ planHash, allowUnsafe, revertWindow }: ApplyMessage): void {
    if (planHash !== undefined && planHash !== this.plan?.planHash) {
      throw refusal(
        'plan_hash_differs',
        `Expected the approval of plan ${this.plan?.planHash ?? 'none'}, got one of plan ${planHash}. Read the plan again and approve its hash.`,
      );
    }
    if (revertWindow !== undefined) assertNoRevertWindow(revertWindow);
    this.assertConsent(allowUnsafe ?? this.#options.allowUnsafe);
  }

  /** P2 and P3, whoever asks. */
  assertConsent(allowUnsafe = this.#options.allowUnsafe): void {
    const tasks = this.plan?.tasks ?? [];
    const list = (safety: string): string =>
      tasks
        .filter((task) => task.safety === safety)
        .map((task) => `${task.id} (${task.reasons.map((reason) => reason.message).join('; ')})`)
        .join(', ');
    if (tasks.some((task) => task.safety === 'blocked')) {
      throw refusal(
        'plan_blocked',
        `Expected a plan that can be carried out safely, but these tables are blocked: ${list('blocked')}. No flag overrides it.`,
      );
    }
    if (!allowUnsafe && tasks.some((task) => task.safety === 'unsafe')) {
      throw refusal(
        'unsafe_not_allowed',
        `Expected consent to what may lose data: ${list('unsafe')}. Apply with allowUnsafe if that is meant.`,
      );
    }
  }

  // ------------------------------------------------------------------ progress

  planned(plan: Plan): void {
    this.plan = plan;
    if (plan.tasks.length === 0) this.#planning = 'completed';
    for (const { id, namespace, table, action, execution } of plan.tasks)
      this.#tasks.push({ id, namespace, table, action, execution, state: 'planned' });
  }

  /** Moves tasks that are not ended; a stop that is under way keeps them, and remembers where they belong. */
  set(ids: readonly string[], state: TaskState): void {
    for (const task of this.#tasks) {
      if (!ids.includes(task.id) || isTerminal(task.state) || task.state === state) continue;
      if (task.state === 'stopping' && !isTerminal(state)) task.before = state;
      else this.#move(task, state);
    }
  }

  /** The driver has stopped: every task that was stopping has. */
  stopped(): void {
    for (const task of this.#tasks) if (task.state === 'stopping') this.#move(task, 'stopped');
  }

  complete(ids: readonly string[], reports: Readonly<Record<string, TaskReport>>): void {
    for (const task of this.#tasks) {
      if (!ids.includes(task.id) || isTerminal(task.state)) continue;
      const report = reports[task.id];
      if (report !== undefined) task.report = report;
      delete task.phase;
      delete task.progress;
      this.#move(task, 'completed');
    }
  }

  report(reports: Readonly<Record<string, TaskReport>>): void {
    for (const task of this.#tasks) {
      const report = reports[task.id];
      if (report !== undefined) task.report = report;
    }
  }

  milestone({ taskId, phase, ...numbers }: Milestone): void {
    const task = this.#tasks.find((each) => each.id === taskId);
    if (task === undefined || isTerminal(task.state)) return;
    task.phase = phase;
    task.progress = { table: taskId, phase, rowsPerSecond: 0, ...numbers };
  }

  waitFor(what: string | undefined): void {
    this.#waitingFor = what;
  }

  /** Everything that has not ended ends so (S1). */
  end(state: 'failed' | 'cancelled' | 'expired', error?: ErrorInfo): void {
    if (error !== undefined) this.#lastError = error;
    if (this.#tasks.length === 0 && state !== 'expired') this.#planning = state;
    // What never ran did not fail.
    const ran = (task: MutableTask): boolean => task.state !== 'planned' && task.state !== 'queued';
    const someRan = this.#tasks.some((task) => ran(task) && !isTerminal(task.state));
    for (const task of this.#tasks) {
      if (isTerminal(task.state)) continue;
      this.#move(task, state === 'failed' && someRan && !ran(task) ? 'cancelled' : state);
    }
  }

  note(error: ErrorInfo): void {
    this.#lastError = error;
  }

  #restore(task: MutableTask): void {
    const before = task.before ?? 'planned';
    delete task.before;
    if (task.state === 'stopping')
      task.state = before; // the stop never took place
    else this.#move(task, before);
  }

  #setControl(change: Partial<Control>): void {
    this.#control = { ...this.#control, ...change, sequence: this.#control.sequence + 1 };
  }

  #move(task: MutableTask, state: TaskState): void {
    if (!TASK_TRANSITIONS[task.state].includes(state)) {
      throw refusal(
        'internal',
        `Expected task ${task.id} to go from ${task.state} to ${TASK_TRANSITIONS[task.state].join(' or ') || 'nothing'}, not to ${state}.`,
      );
    }
    task.state = state;
  }
}

function describe(name: MessageName, message: MessageArguments[MessageName]): string {
  return name === 'setVolume' ? `volume ${(message as SetVolumeMessage).volume}` : 'done';
}

function worst(plan: Plan): 'safe' | 'unsafe' | 'blocked' {
  const found = new Set(plan.tasks.map((task) => task.safety));
  return found.has('blocked') ? 'blocked' : found.has('unsafe') ? 'unsafe' : 'safe';
}
