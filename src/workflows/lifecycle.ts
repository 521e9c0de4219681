import { condition, isCancellation } from '@temporalio/workflow';
import {
  type ChangePlace,
  type Control,
  directLimits,
  type Plan,
  type PlannedTask,
  type SchemaChangeInput,
  type StepOutcome,
  type TaskReport,
  type TaskState,
  DEFAULT_TARGET_TYPE,
} from '../contract/index.js';
import { changeActivities, cleanUpActivity, controlActivities, readActivities } from './activities.js';
import { parseDuration, refusal } from './change-input.js';
import type { ChangeMachine } from './change-machine.js';
import { assertConsent, assertWindowFits } from './consent.js';
import { ControlWriter } from './control-writer.js';
import { reserveTarget } from './reservation.js';
import { keepWindow } from './keep-window.js';
import { FINAL, type Step, WORDS } from './steps.js';
import { cancelWhen, toFailure, untilServed, wasEnded, wasGivenBack } from './scopes.js';

/** Beyond the reach of a stop. */
const ENDED: readonly TaskState[] = ['completed', 'revert_window'];

/** How long a driver has to follow a stop by itself, before its activity is cancelled (S3). */
const STOP_GRACE_MS = 10_000;

/** How early people are told that a stopped change has to be resumed. */
const WARN_BEFORE_MS = 60 * 60_000;

/** Ends the lifecycle between two steps. */
class CancelAsked extends Error {}

/**
 * The story of one change: plan, wait for the apply, reserve, run the steps, clean up. Asks the machine
 * what messages have requested; runs activities; knows nothing of handlers.
 */
export class Lifecycle {
  readonly #controls: ControlWriter;
  #running: { readonly step: Step; readonly ids: readonly string[] } | undefined;
  /** Something of the change may be on the target. */
  #started = false;
  /** The state of the change is on the target. Until then nothing but that is done there. */
  #begun = false;
  /** Tasks of the cutover that is under way. */
  #cuttingOver: readonly string[] = [];

  constructor(
    private readonly changeId: string,
    private readonly dataPlane: string,
    private readonly input: SchemaChangeInput,
    private readonly machine: ChangeMachine,
  ) {
    this.#controls = new ControlWriter(
      () => machine.control,
      (control) => {
        const { sequence, run, volume, cutover } = control;
        const summary = `control ${sequence}: ${run}, volume ${volume}${cutover ? ', cutover' : ''}`;
        return controlActivities(dataPlane, summary).writeControl({ ...this.#place(), control });
      },
      (why) => machine.log.add({ what: 'control', outcome: 'noted', detail: `did not reach the target: ${why}` }),
    );
  }

  /** Runs to the end. Throws the failure that ended the change; `cancelled` is an outcome, not a failure. */
  async run(): Promise<'ended' | 'cancelled'> {
    const { machine } = this;
    try {
      await this.#makePlan();
      if (this.#plan.tasks.length === 0 || !(await this.#awaitApply())) return 'ended';
      await reserveTarget(
        machine,
        { changeId: this.changeId, dataPlane: this.dataPlane, route: this.#plan.route },
        () => this.#gate(),
      );
      await this.#apply();
      machine.beginEnd();
      await this.#cleanUp();
      machine.end('completed');
      return 'ended';
    } catch (error) {
      if (error instanceof CancelAsked) {
        await this.#cleanUp();
        machine.end('cancelled');
        return 'cancelled';
      }
      const failure = toFailure(error);
      const info = { code: failure.type ?? 'internal', message: failure.message };
      machine.beginEnd(info);
      await this.#cleanUp();
      machine.end('failed', info);
      throw failure;
    }
  }

  /** Answers a stop that came during a swap: only the target knows whether it was in time (C2). */
  async decideStop(): Promise<void> {
    const { machine } = this;
    const swapped = await this.#controls.delivered(machine.control);
    if (swapped === undefined) {
      machine.decideStop(false); // fail closed: a swap may be under way
      return;
    }
    // Statements that are running cannot be held back either.
    const beyond = new Set([...swapped, ...(this.#running?.step === 'runStatements' ? this.#running.ids : [])]);
    const ended = new Set(machine.tasks.filter((task) => ENDED.includes(task.state)).map((task) => task.id));
    machine.decideStop(this.#cuttingOver.some((id) => !beyond.has(id) && !ended.has(id)));
  }

  get #plan(): Plan {
    if (this.machine.plan === undefined) throw refusal('internal', 'Expected a plan before any step.');
    return this.machine.plan;
  }

  /** What every activity on the target is told: the route of the plan, whatever was asked since (R1). */
  #place(): ChangePlace {
    const { route, planHash, tasks } = this.#plan;
    const place = { changeId: this.changeId, route, planHash, stateNamespace: tasks[0]?.namespace ?? '' };
    return this.#begun ? { ...place, begun: true } : place;
  }

  async #makePlan(): Promise<void> {
    const { machine } = this;
    const { target, environment, type = DEFAULT_TARGET_TYPE, schema, statements } = this.input;
    try {
      const plan = await cancelWhen(
        () => machine.cancelRequested,
        0,
        () =>
          untilServed(() =>
            readActivities(this.dataPlane, `plan ${target}`).planChange({
              target,
              environment,
              type,
              ...(schema === undefined ? {} : { schema }),
              ...(statements === undefined ? {} : { statements }),
              ignoreTables: machine.options.ignoreTables,
              ...(machine.options.onlyTables.length > 0 ? { onlyTables: machine.options.onlyTables } : {}),
              ...(Object.keys(directLimits(machine.options)).length > 0
                ? { direct: directLimits(machine.options) }
                : {}),
              ...(Object.keys(machine.options.lint).length > 0 ? { lint: machine.options.lint } : {}),
            }),
          ),
      );
      machine.planned(plan);
    } catch (error) {
      if (machine.cancelRequested && isCancellation(error)) throw new CancelAsked();
      throw error;
    }
    if (machine.cancelRequested) throw new CancelAsked();
  }

  /** False when the plan expired. */
  async #awaitApply(): Promise<boolean> {
    const { machine } = this;
    if (machine.options.autoApply) {
      assertConsent(this.#plan, machine.options.allowUnsafe);
      assertWindowFits(this.#plan, machine.options.revertWindow);
      machine.apply({});
      return true;
    }
    const asked = await condition(
      () => machine.applied || machine.cancelRequested,
      parseDuration(machine.options.planTtl) ?? 0,
    );
    if (machine.cancelRequested) throw new CancelAsked();
    if (!asked) machine.end('expired');
    return asked;
  }

  async #apply(): Promise<void> {
    const controls = this.#controls.run();
    try {
      if (this.machine.options.deferCutover || this.#windowMs > 0) await this.#applyTogether(this.#plan.tasks);
      else await this.#applyInTurn(this.#plan.tasks);
    } finally {
      this.#controls.close();
      await controls;
    }
  }

  async #applyInTurn(tasks: readonly PlannedTask[]): Promise<void> {
    for (const task of tasks) {
      if (task.execution !== 'copy') {
        await this.#step('runStatements', [task], 'running');
        continue;
      }
      await this.#copy([task]);
      this.#cuttingOver = [task.id];
      await this.#step('cutOver', [task], 'cutting_over');
    }
  }

  get #windowMs(): number {
    return parseDuration(this.machine.options.revertWindow) ?? 0;
  }

  /** Those that a revert window takes back. */
  #guarded(tasks: readonly PlannedTask[]): PlannedTask[] {
    return this.#windowMs > 0 ? tasks.filter((task) => task.execution === 'copy' && task.revertible === true) : [];
  }

  /**
   * New tables first; then everything is copied and waits; then it all changes at once, drops last. With a revert window
   * too, so that there is one swap, from which one window counts.
   */
  async #applyTogether(tasks: readonly PlannedTask[]): Promise<void> {
    const { machine } = this;
    const creates = tasks.filter((task) => task.action === 'create');
    const copies = tasks.filter((task) => task.execution === 'copy');
    const others = tasks.filter((task) => !creates.includes(task) && !copies.includes(task));
    const rest = [
      ...others.filter((task) => task.action !== 'drop'),
      ...others.filter((task) => task.action === 'drop'),
    ];
    for (const task of creates) await this.#step('runStatements', [task], 'running');
    machine.set(idsOf(rest), 'waiting_for_cutover');
    if (copies.length > 0) {
      await this.#copy(copies);
      if (machine.options.deferCutover) await this.#step('holdTables', copies, 'waiting_for_cutover');
    } else if (rest.length > 0) {
      await this.#awaitCutover();
    }
    this.#cuttingOver = idsOf([...copies, ...rest]);
    if (copies.length > 0) await this.#step('cutOver', copies, 'cutting_over', rest);
    for (const task of rest) await this.#step('runStatements', [task], 'cutting_over', rest);
    const guarded = this.#guarded(copies);
    if (guarded.length === 0) return;
    await keepWindow(machine, idsOf(guarded), this.#windowMs, (step, halted) => {
      return this.#attempt(step, guarded, machine.control, halted);
    });
  }

  async #copy(tasks: readonly PlannedTask[]): Promise<void> {
    await this.#step('prepareTables', tasks, 'running');
    await this.#step('copyTables', tasks, 'running');
  }

  /** Without a copy there is no driver to hold: the workflow itself waits. */
  async #awaitCutover(): Promise<void> {
    const { machine } = this;
    do {
      await this.#gate();
      await condition(() => machine.cutoverRequested || machine.stopRequested || machine.cancelRequested);
    } while (machine.stopRequested || machine.cancelRequested);
  }

  /** C2: after an accepted stop nothing passes until the resume; after a cancel nothing passes at all. */
  async #gate(): Promise<void> {
    const { machine } = this;
    await condition(() => !machine.stopAsked);
    if (machine.stopRequested) machine.stopped();
    await this.#awaitResume();
    if (machine.cancelRequested) throw new CancelAsked();
  }

  /** Stopped, for as long as it takes; an hour before a resume may come too late, the event log says so. */
  async #awaitResume(): Promise<void> {
    const { machine } = this;
    const isOver = (): boolean => !machine.stopRequested || machine.cancelRequested;
    if (!isOver() && machine.msToResume !== undefined) {
      const early = machine.msToResume - WARN_BEFORE_MS;
      if (early > 0 && (await condition(isOver, early))) return;
      machine.warnOfDeadline();
    }
    await condition(isOver);
  }

  /**
   * One step, through stops, resumes and hand-overs, until it is done.
   *
   * @param along tasks that are in the same state meanwhile, because they belong to the same cutover
   */
  async #step(
    step: Step,
    tasks: readonly PlannedTask[],
    state: TaskState,
    along: readonly PlannedTask[] = [],
  ): Promise<void> {
    const { machine } = this;
    const ids = idsOf(tasks);
    for (;;) {
      await this.#gate();
      machine.set([...ids, ...idsOf(along)], state);
      const { control } = machine;
      if (!this.#begun) {
        const claim = await this.#attempt('claimTarget', tasks, control);
        if (claim.outcome === 'stopped' && machine.control.sequence === control.sequence) machine.stoppedByTarget();
        continue;
      }
      const outcome = await this.#attempt(step, tasks, control);
      const reports = outcome.outcome === 'done' ? outcome.reports : {};
      // A driver that found itself stopped may have found the swap done before it.
      const swapped =
        outcome.outcome === 'stopped' && step === 'cutOver' && ids.every((id) => outcome.swapped.includes(id));
      if (outcome.outcome === 'done' || swapped) {
        if (!FINAL.includes(step)) machine.report(reports);
        else if (step === 'cutOver') this.#swapped(tasks, reports);
        else machine.complete(ids, reports);
        return;
      }
      if (outcome.outcome === 'asked') return;
      if (outcome.outcome === 'stopped') machine.keptUntil(outcome.resumeBefore);
      if (outcome.outcome === 'stopped' && machine.control.sequence === control.sequence) machine.stoppedByTarget();
      // Stopped: the gate waits for the resume. Handed over: again at once, at attempt one (S4).
    }
  }

  #swapped(tasks: readonly PlannedTask[], reports: Readonly<Record<string, TaskReport>>): void {
    const guarded = idsOf(this.#guarded(tasks));
    this.machine.keep(guarded, reports);
    this.machine.complete(
      idsOf(tasks).filter((id) => !guarded.includes(id)),
      reports,
    );
  }

  /** @param halted cuts the step off when its driver does not follow in time by itself */
  async #attempt(
    step: Step,
    tasks: readonly PlannedTask[],
    control: Control,
    halted = (): boolean => !FINAL.includes(step) && (this.machine.stopRequested || this.machine.cancelRequested),
  ): Promise<StepOutcome> {
    const { machine } = this;
    const ids = idsOf(tasks);
    const activities = changeActivities(
      this.dataPlane,
      `${WORDS[step]} ${ids.length === 1 ? ids[0] : `${ids.length} tables`}`,
    );
    const last = this.#isLast(step, ids);
    this.#running = { step, ids };
    this.#started = true;
    this.#controls.begin(control);
    try {
      const outcome = await cancelWhen(halted, STOP_GRACE_MS, () =>
        activities[step]({ ...this.#place(), tasks, control, ...(last ? { last } : {}) }),
      );
      this.#begun = outcome.outcome === 'done' ? !last : this.#begun;
      // A control on its way to the target would bring the state table back.
      if (
        last &&
        outcome.outcome === 'done' &&
        this.#controls.isSettled &&
        machine.control.sequence === control.sequence
      )
        this.#started = false;
      return outcome;
    } catch (error) {
      if (wasGivenBack(error)) return { outcome: 'handover' };
      // The server is away, or no worker is there: the position is in the target, from the last checkpoint (E4).
      if (halted() && wasEnded(error)) return { outcome: 'stopped', swapped: [] };
      throw error;
    } finally {
      this.#controls.end();
      this.#running = undefined;
    }
  }

  /** Without a copy there is no shadow and no old table: the last statement leaves nothing but the state table. */
  #isLast(step: Step, ids: readonly string[]): boolean {
    return (
      step === 'runStatements' &&
      this.#plan.tasks.every((task) => task.execution !== 'copy') &&
      this.machine.tasks.every((task) => task.state === 'completed' || ids.includes(task.id))
    );
  }

  /** E7. Never throws: what ended the change is what counts; leftovers that stay are named beside it. */
  async #cleanUp(): Promise<void> {
    if (!this.#started) return; // nothing is left of a change that never reached the target
    const { machine } = this;
    machine.waitFor('the clean-up of the target');
    try {
      await untilServed(() => cleanUpActivity(this.dataPlane).cleanUp({ ...this.#place(), tasks: this.#plan.tasks }));
    } catch (error) {
      const { type, message } = toFailure(error);
      machine.leftovers({ code: type ?? 'internal', message });
    }
    machine.waitFor(undefined);
  }
}

function idsOf(tasks: readonly PlannedTask[]): string[] {
  return tasks.map((task) => task.id);
}
