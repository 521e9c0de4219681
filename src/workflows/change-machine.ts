import {
  type ApplyMessage,
  type Caller,
  type ChangeState,
  type ChangeStatus,
  type Control,
  type ErrorInfo,
  isTerminal,
  type MessageArguments,
  type MessageName,
  type MessageResult,
  type Milestone,
  type Plan,
  type PlanningState,
  type SchemaChangeInput,
  type SetVolumeMessage,
  type TaskReport,
  type TaskState,
  type TaskStatus,
  throttleKind,
  worstSafety,
  DEFAULT_TARGET_TYPE,
} from '../contract/index.js';
import { acceptedNow, assertFits, isAlready, type Standing } from './acceptance.js';
import { refusal, type ResolvedOptions } from './change-input.js';
import { assertMayApply } from './consent.js';
import { ControlRow } from './control-row.js';
import { EventLog } from './event-log.js';
import { assertMessageShape, detailOf } from './message-shape.js';
import { RevertWindow } from './revert-window.js';
import { Tasks } from './tasks.js';

/** What a change in this state waits for, when nothing else is known. */
const WAITS_FOR: Partial<Record<ChangeState, string>> = {
  planned: 'apply',
  waiting_for_cutover: 'cutover',
  stopped: 'resume',
  revert_window: 'revert or finalize',
};

/**
 * The state machine of one change, without Temporal: decides on messages and keeps tasks, options, the
 * control row and the event log. The workflow asks it what to do next; messages only set requests here.
 *
 *   planning ─▶ planned ─▶ queued ─▶ running ─▶ waiting_for_cutover ─▶ cutting_over ─▶ revert_window ─▶ completed
 *                                    │  ▲                                                  │  ▲
 *                                 stopping ─▶ stopped                                    reverting ─▶ reverted
 */
export class ChangeMachine {
  readonly log: EventLog;
  readonly window: RevertWindow;
  plan: Plan | undefined;
  readonly #tasks = new Tasks();
  #planning: PlanningState = 'planning';
  #options: ResolvedOptions;
  readonly #controlRow: ControlRow;
  #waitingFor: string | undefined;
  #resumeBefore: string | undefined;
  #lastError: ErrorInfo | undefined;
  #applied = false;
  /** `asked`: sent during a swap, and only the target knows whether it came in time (C2). */
  #stop: 'no' | 'asked' | 'accepted' = 'no';
  #cutoverRequested = false;
  #cancelRequested = false;
  #ending = false;
  #ended = false;

  constructor(
    private readonly changeId: string,
    private readonly input: SchemaChangeInput,
    options: ResolvedOptions,
    private readonly now: () => number,
  ) {
    this.#options = options;
    this.#controlRow = new ControlRow(options.volume, now);
    this.log = new EventLog(now);
    this.window = new RevertWindow(this.#controlRow, this.log, now);
  }

  get state(): ChangeState {
    // S1: no state is an end before the end, whatever has become of the tasks.
    return this.#tasks.stateOfChange(this.#planning, !this.#ended);
  }
  /** Nothing but the clean-up is left, or is about to begin. */
  get #isEnding(): boolean {
    return this.#ending || (!this.#ended && this.#tasks.haveEnded);
  }
  get options(): ResolvedOptions {
    return this.#options;
  }
  get control(): Control {
    return this.#controlRow.control;
  }
  get applied(): boolean {
    return this.#applied;
  }
  get stopAsked(): boolean {
    return this.#stop === 'asked';
  }
  get stopRequested(): boolean {
    return this.#stop === 'accepted';
  }
  get cutoverRequested(): boolean {
    return this.#cutoverRequested;
  }
  get cancelRequested(): boolean {
    return this.#cancelRequested;
  }
  get tasks(): readonly TaskStatus[] {
    return this.#tasks.all;
  }

  /** Names of the messages that are accepted now. */
  get controls(): readonly MessageName[] {
    return acceptedNow(this.#standing);
  }

  /** A cutover that was asked for is on its way to the tables. */
  #waitsFor(state: ChangeState): string | undefined {
    return state === 'waiting_for_cutover' && this.#cutoverRequested ? undefined : WAITS_FOR[state];
  }

  status(): ChangeStatus {
    const { plan, state } = this;
    const { allowUnsafe, deferCutover, revertWindow, onConflict } = this.#options;
    const { target, environment, type = DEFAULT_TARGET_TYPE, caller, reason } = this.input;
    const namespaces = Object.keys(this.input.schema ?? this.input.statements ?? {}).sort();
    const resumeBefore = state === 'stopped' ? this.#resumeBefore : undefined;
    const waitingFor =
      this.#waitingFor ?? (resumeBefore === undefined ? this.#waitsFor(state) : `resume before ${resumeBefore}`);
    return {
      changeId: this.changeId,
      state,
      route: plan?.route ?? { target, environment, type, namespaces },
      ...(plan ? { planHash: plan.planHash, safety: worstSafety(plan), noChanges: plan.tasks.length === 0 } : {}),
      options: { allowUnsafe, deferCutover, revertWindow, onConflict, volume: this.control.volume },
      ...(caller === undefined ? {} : { caller }),
      ...(reason === undefined ? {} : { reason }),
      tasks: this.tasks,
      ...(waitingFor === undefined ? {} : { waitingFor }),
      ...this.window.status(),
      ...(resumeBefore === undefined ? {} : { resumeBefore }),
      controls: this.controls,
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
    };
  }

  /** Throws why a message is refused (C3); changes nothing. Validators of updates call it. */
  assertAccepts<N extends MessageName>(name: N, message: MessageArguments[N]): void {
    assertMessageShape(name, message, this.input);
    if (isAlready(name, this.#standing)) return;
    assertFits(name, this.#standing);
    if (name === 'apply') assertMayApply(message, this.plan, this.#options);
    if (name === 'revert') this.window.assertMayRevert();
  }

  /**
   * The one way in for every message, as update or signal. A stop during a swap is only asked for here:
   * `decideStop` follows.
   */
  accept<N extends MessageName>(name: N, message: MessageArguments[N]): MessageResult {
    this.assertAccepts(name, message);
    const already = isAlready(name, this.#standing);
    if (!already) this.#take(name, message);
    const detail = already ? 'already' : detailOf(message);
    this.log.add({
      what: name,
      caller: message.caller,
      outcome: name === 'stop' && this.#stop === 'asked' ? 'noted' : 'accepted',
      ...(detail === undefined ? {} : { detail }),
    });
    return { state: this.state, already };
  }

  /** For signals, which nobody answers. */
  recordRefusal(name: MessageName, message: unknown, why: string): void {
    const caller = (message as Caller | null | undefined)?.caller;
    this.log.add({ what: name, ...(typeof caller === 'string' ? { caller } : {}), outcome: 'refused', detail: why });
  }

  /** The answer of the target to a stop during a swap. */
  decideStop(inTime: boolean): void {
    if (this.#stop !== 'asked') return;
    this.#stop = inTime ? 'accepted' : 'no';
    if (inTime) this.#tasks.beginStop();
    else this.#controlRow.set({ run: 'run' });
    this.log.add({
      what: 'stop',
      outcome: inTime ? 'accepted' : 'refused',
      detail: inTime ? 'before the swap' : 'the swap was done already',
    });
  }

  /** The target says stop though nobody asked for it here. Fails closed: somebody has to resume. */
  stoppedByTarget(): void {
    if (this.#stop !== 'no' || this.#cancelRequested) return;
    this.#stop = 'accepted';
    this.#controlRow.set({ run: 'stop' });
    this.#tasks.beginStop();
    this.log.add({ what: 'stop', outcome: 'noted', detail: 'the control row of the target said stop' });
  }

  /** A native cancel; during a swap it waits for the outcome. */
  cancelNatively(): void {
    if (isTerminal(this.state) || this.#cancelRequested || this.#isEnding) return;
    if (this.state === 'revert_window' || this.state === 'reverting') {
      const detail = 'native cancel: the tables are swapped; send revert or finalize';
      this.log.add({ what: 'cancel', caller: 'temporal', outcome: 'refused', detail });
      return;
    }
    this.#takeCancel();
    this.log.add({ what: 'cancel', caller: 'temporal', outcome: 'accepted', detail: 'native cancel' });
  }

  get #standing(): Standing {
    return {
      state: this.state,
      stopAsked: this.stopAsked,
      cutoverRequested: this.#cutoverRequested,
      cancelRequested: this.#cancelRequested,
      windowAsked: this.window.asked,
      revertUnsafe: this.window.unsafe !== undefined,
      ending: this.#isEnding,
    };
  }

  #take(name: MessageName, message: MessageArguments[MessageName]): void {
    switch (name) {
      case 'apply': {
        const { allowUnsafe, deferCutover, revertWindow } = message as ApplyMessage;
        this.apply({
          ...(allowUnsafe === undefined ? {} : { allowUnsafe }),
          ...(deferCutover === undefined ? {} : { deferCutover }),
          ...(revertWindow === undefined ? {} : { revertWindow }),
        });
        return;
      }
      case 'stop':
        this.#stop = this.state === 'cutting_over' ? 'asked' : 'accepted';
        this.#controlRow.set({ run: 'stop' });
        if (this.#stop === 'accepted') this.#tasks.beginStop();
        return;
      case 'resume':
        this.#stop = 'no';
        this.#resumeBefore = undefined;
        this.#controlRow.set({ run: 'run' });
        this.#tasks.resume();
        return;
      case 'cutover':
        this.#cutoverRequested = true;
        this.#controlRow.set({ cutover: true });
        return;
      case 'cancel':
        this.#takeCancel();
        return;
      case 'setVolume':
        this.#controlRow.set({ volume: (message as SetVolumeMessage).volume });
        return;
      case 'revert':
        this.#tasks.revert();
        this.window.revert();
        return;
      case 'finalize':
        this.window.finalize();
        return;
    }
  }

  /** The window is open from now on, at its full length; also again, after a revert that failed. */
  openWindow(ids: readonly string[], milliseconds: number): void {
    this.set(ids, 'revert_window');
    this.window.open(milliseconds);
  }

  reverted(ids: readonly string[]): void {
    this.#tasks.finish(ids, 'reverted');
  }

  #takeCancel(): void {
    const swapping = this.state === 'cutting_over';
    this.#cancelRequested = true;
    this.#controlRow.set({ run: 'stop' });
    if (!swapping) this.#tasks.cancel();
  }

  planned(plan: Plan): void {
    const { target, environment } = plan.route;
    if (target !== this.input.target || environment !== this.input.environment) {
      throw refusal(
        'route_mismatch',
        `Expected a plan for ${this.input.target} (${this.input.environment}), got one for ${target} (${environment}) (R1).`,
      );
    }
    this.plan = plan;
    if (plan.tasks.length === 0) this.#planning = 'completed';
    this.#tasks.add(plan.tasks);
  }

  /** From here on the change waits for its target. */
  apply(options: Partial<ResolvedOptions>): void {
    this.#options = { ...this.#options, ...options };
    this.#applied = true;
    this.#tasks.set(this.#tasks.ids, 'queued');
  }

  /** The target is held: nothing of the queue is left. */
  reserved(): void {
    this.#waitingFor = undefined;
    this.#tasks.leaveQueue();
  }

  /** Moves tasks that have not ended; one that a stop has taken out of its course goes there later. */
  set(ids: readonly string[], state: TaskState): void {
    this.#tasks.set(ids, state);
  }

  /** Milliseconds until a resume may come too late; undefined when nothing says so. */
  get msToResume(): number | undefined {
    return this.#resumeBefore === undefined ? undefined : Date.parse(this.#resumeBefore) - this.now();
  }

  /** The position is kept until then. A step that saved none leaves what an earlier one said. */
  keptUntil(resumeBefore: string | undefined): void {
    this.#resumeBefore = resumeBefore ?? this.#resumeBefore;
  }

  /** For people who do not look every day. */
  warnOfDeadline(): void {
    this.log.add({
      what: 'deadline',
      outcome: 'noted',
      detail: `resume before ${this.#resumeBefore}: after that the server may purge the binlogs that the copy needs`,
    });
  }

  /** No driver is at work any more: every task that was stopping has stopped. */
  stopped(): void {
    this.#tasks.stopped();
  }

  complete(ids: readonly string[], reports: Readonly<Record<string, TaskReport>>): void {
    this.report(reports);
    this.#tasks.finish(ids, 'completed');
  }

  /** Swapped, and to be kept for a revert: no stop and no cancel reaches them any more. */
  keep(ids: readonly string[], reports: Readonly<Record<string, TaskReport>>): void {
    this.report(reports);
    this.#tasks.finish(ids, 'revert_window');
  }

  report(reports: Readonly<Record<string, TaskReport>>): void {
    this.#tasks.report(reports);
  }

  milestone(milestone: Milestone): void {
    const { taskId, phase, throttle } = milestone;
    const before = this.#tasks.milestone(milestone);
    if (before === undefined) return;
    if (before.phase !== phase) this.log.add({ what: 'milestone', outcome: 'noted', detail: `${taskId} ${phase}` });
    if (throttleKind(before.progress?.throttle) !== throttleKind(throttle))
      this.log.add({
        what: 'milestone',
        outcome: 'noted',
        detail: `${taskId} ${throttle === undefined ? 'is held no more' : `is held: ${throttle}`}`,
      });
  }

  waitFor(what: string | undefined): void {
    this.#waitingFor = what;
  }

  /** Nothing more is decided; the change ends when the target is cleaned up. */
  beginEnd(error?: ErrorInfo): void {
    this.#ending = true;
    this.window.close();
    if (error !== undefined) this.#lastError = error;
  }

  /** Everything that has not ended ends so (S1). */
  end(state: 'completed' | 'failed' | 'cancelled' | 'expired', error?: ErrorInfo): void {
    this.#ending = false;
    this.#ended = true;
    if (error !== undefined) this.#lastError = error;
    if (this.#tasks.all.length === 0 && state !== 'expired') this.#planning = state;
    this.#tasks.end(state);
  }

  /** The clean-up gave up. The error that ended the change stays the one that is shown (E7). */
  leftovers(error: ErrorInfo): void {
    const detail = `leftovers stay on the target: ${error.message}`;
    this.#lastError ??= { code: error.code, message: detail };
    this.log.add({ what: 'cleanUp', outcome: 'noted', detail });
  }
}
