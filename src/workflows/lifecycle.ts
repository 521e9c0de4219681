import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import { condition, sleep } from '@temporalio/workflow';
import {
  type ChangeActivities,
  type Plan,
  type PlannedTask,
  type SchemaChangeInput,
  type StepInput,
  type TaskState,
} from '../contract/index.js';
import { changeActivities, cleanUpActivity, controlActivities, readActivities } from './activities.js';
import { parseDuration, refusal } from './change-input.js';
import type { ChangeMachine } from './change-machine.js';
import { ControlWriter } from './control-writer.js';
import { reserveTarget } from './reservation.js';

type Step = Exclude<keyof ChangeActivities, 'cleanUp'>;

/** Ends the lifecycle between two steps. */
class CancelAsked extends Error {}

/**
 * The story of one change: plan, wait for the apply, reserve, run the steps, clean up. Asks the machine
 * what messages have requested; runs activities; knows nothing of handlers.
 */
export class Lifecycle {
  readonly controls: ControlWriter;
  #stepRunning = false;
  #started = false;
  /** Tasks of the cutover that is under way. */
  #cuttingOver: readonly string[] = [];

  constructor(
    private readonly changeId: string,
    private readonly dataPlane: string,
    private readonly input: SchemaChangeInput,
    private readonly machine: ChangeMachine,
  ) {
    this.controls = new ControlWriter(
      () => controlActivities(dataPlane, `control ${changeId}`),
      () => ({
        changeId,
        route: this.plan.route,
        stateNamespace: this.stateNamespace,
        planHash: this.plan.planHash,
        control: machine.control,
      }),
    );
  }

  /** A driver may be reading the control row now. */
  get stepRunning(): boolean {
    return this.#stepRunning;
  }

  /** Whether a stop still comes in time: some task of the cutover is not swapped (C2). */
  stillStoppable(swapped: readonly string[]): boolean {
    return this.#cuttingOver.some((id) => !swapped.includes(id));
  }

  private get plan(): Plan {
    if (this.machine.plan === undefined) throw refusal('internal', 'Expected a plan before any step.');
    return this.machine.plan;
  }

  private get stateNamespace(): string {
    return this.plan.tasks[0]?.namespace ?? '';
  }

  /** Runs to the end. Throws the failure that ended the change; `cancelled` is an outcome, not a failure. */
  async run(): Promise<'ended' | 'cancelled'> {
    const { machine } = this;
    try {
      await this.#makePlan();
      if (this.plan.tasks.length === 0) return 'ended';
      if (!(await this.#awaitApply())) return 'ended';
      if (
        (await reserveTarget(
          machine,
          this.plan.route,
          this.changeId,
          controlActivities(this.dataPlane, 'find the holder'),
        )) === undefined
      )
        throw new CancelAsked();
      await this.#apply();
      await this.#cleanUp();
      return 'ended';
    } catch (error) {
      if (error instanceof CancelAsked) {
        await this.#cleanUp();
        machine.end('cancelled');
        return 'cancelled';
      }
      const failure = toFailure(error);
      machine.end('failed', { code: failure.type ?? 'internal', message: failure.message });
      await this.#cleanUpAfterFailure();
      throw failure;
    }
  }

  async #makePlan(): Promise<void> {
    const { target, environment, schema, statements } = this.input;
    const planning = readActivities(this.dataPlane, `plan ${target}`).planChange({
      target,
      environment,
      type: 'mysql',
      ...(schema === undefined ? {} : { schema }),
      ...(statements === undefined ? {} : { statements }),
      ignoreTables: this.machine.options.ignoreTables,
    });
    this.machine.planned(await planning);
    if (this.machine.cancelRequested) throw new CancelAsked();
  }

  /** False when the plan expired. */
  async #awaitApply(): Promise<boolean> {
    const { machine } = this;
    if (machine.options.autoApply) {
      machine.assertConsent();
      return true;
    }
    const ttl = parseDuration(machine.options.planTtl) ?? 0;
    const asked = await condition(() => machine.applied || machine.cancelRequested, ttl);
    if (machine.cancelRequested) throw new CancelAsked();
    if (!asked) machine.end('expired');
    return asked;
  }

  async #apply(): Promise<void> {
    const { tasks } = this.plan;
    if (this.machine.options.deferCutover) {
      await this.#applyTogether(tasks);
      return;
    }
    for (const task of tasks) {
      if (task.execution === 'copy') {
        await this.#copy([task]);
        await this.#cutOver([task]);
      } else {
        await this.#step('runStatements', [task], 'running');
      }
      this.machine.complete([task.id], {});
    }
  }

  /** New tables first; then everything is copied and waits; then it all changes in one window. */
  async #applyTogether(tasks: readonly PlannedTask[]): Promise<void> {
    const { machine } = this;
    const creates = tasks.filter((task) => task.action === 'create');
    const copies = tasks.filter((task) => task.execution === 'copy');
    const rest = tasks.filter((task) => !creates.includes(task) && !copies.includes(task));
    if (creates.length > 0) {
      await this.#step('runStatements', creates, 'running');
      machine.complete(idsOf(creates), {});
    }
    machine.set(idsOf(rest), 'waiting_for_cutover');
    if (copies.length > 0) {
      await this.#copy(copies);
      await this.#step('holdTables', copies, 'waiting_for_cutover');
    } else if (rest.length > 0) {
      await condition(() => machine.cutoverRequested || machine.cancelRequested);
    }
    this.#cuttingOver = idsOf([...copies, ...rest]);
    if (copies.length > 0) {
      machine.set(idsOf(rest), 'cutting_over');
      await this.#cutOver(copies);
      machine.complete(idsOf(copies), {});
    }
    for (const task of rest) {
      await this.#step('runStatements', [task], 'cutting_over');
      machine.complete([task.id], {});
    }
  }

  async #copy(tasks: readonly PlannedTask[]): Promise<void> {
    await this.#step('prepareTables', tasks, 'running');
    await this.#step('copyTables', tasks, 'running');
  }

  async #cutOver(tasks: readonly PlannedTask[]): Promise<void> {
    if (!this.machine.options.deferCutover) this.#cuttingOver = idsOf(tasks);
    await this.#step('cutOver', tasks, 'cutting_over');
  }

  /**
   * One step, through stops, resumes and hand-overs, until it is done. C2: after an accepted stop no step
   * is scheduled until the resume.
   */
  async #step(step: Step, tasks: readonly PlannedTask[], state: TaskState): Promise<void> {
    const { machine } = this;
    const ids = idsOf(tasks);
    for (;;) {
      if (machine.stopRequested) machine.stopped();
      await condition(() => !machine.stopRequested || machine.cancelRequested);
      if (machine.cancelRequested) throw new CancelAsked();
      machine.set(ids, state);
      this.#stepRunning = true;
      this.#started = true;
      const activities = changeActivities(
        this.dataPlane,
        `${WORDS[step]} ${ids.length === 1 ? ids[0] : `${ids.length} tables`}`,
      );
      const input: StepInput = {
        changeId: this.changeId,
        route: this.plan.route,
        planHash: this.plan.planHash,
        stateNamespace: this.stateNamespace,
        tasks,
        control: machine.control,
      };
      const outcome = await activities[step](input).finally(() => {
        this.#stepRunning = false;
      });
      switch (outcome.outcome) {
        case 'done':
          machine.report(outcome.reports);
          return;
        case 'asked':
          return;
        case 'handover': // S4: another worker, at attempt one
          continue;
        case 'stopped':
          // A stop that was taken back while the driver was ending; never a loop without a pause.
          if (!machine.stopRequested && !machine.cancelRequested) await sleep('1s');
          continue;
      }
    }
  }

  /** E7. Nothing is left of a change that never reached the target. */
  async #cleanUp(): Promise<void> {
    await this.controls.idle();
    if (!this.#started) return;
    const { plan } = this;
    await cleanUpActivity(this.dataPlane).cleanUp({
      changeId: this.changeId,
      route: plan.route,
      stateNamespace: this.stateNamespace,
      planHash: plan.planHash,
      tasks: plan.tasks,
    });
  }

  /** The first failure is the one that counts; leftovers that stay are named beside it. */
  async #cleanUpAfterFailure(): Promise<void> {
    try {
      await this.#cleanUp();
    } catch (error) {
      this.machine.log.add({
        what: 'cleanUp',
        outcome: 'noted',
        detail: `leftovers stay on the target: ${toFailure(error).message}`,
      });
    }
  }
}

const WORDS: Readonly<Record<Step, string>> = {
  runStatements: 'change',
  prepareTables: 'prepare',
  copyTables: 'copy',
  holdTables: 'hold',
  cutOver: 'cut over',
};

function idsOf(tasks: readonly PlannedTask[]): string[] {
  return tasks.map((task) => task.id);
}

/** The failure with the stable code, from wherever it was thrown. */
export function toFailure(error: unknown): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  if (error instanceof ActivityFailure && error.cause instanceof ApplicationFailure) {
    return ApplicationFailure.create({
      type: error.cause.type ?? 'internal',
      message: error.cause.message,
      nonRetryable: true,
    });
  }
  return ApplicationFailure.create({
    type: 'internal',
    message: error instanceof Error ? error.message : String(error),
    nonRetryable: true,
  });
}
