import { setTimeout as delay } from 'node:timers/promises';
import {
  assertConsent,
  type ChangeStatus,
  type Control,
  DEFAULT_VOLUME,
  type Plan,
  type PlannedTask,
  type PlanRequest,
  SternaError,
  type StepInput,
  type StepOutcome,
} from '../contract/index.js';
import type { TargetRouter } from '../router/index.js';
import {
  type HeldChange,
  type Log,
  type OperationContext,
  operationContext,
  type TargetClient,
} from '../target/index.js';
import { localChangeId } from './change-id.js';
import { LocalStatus } from './local-status.js';

export interface LocalOptions {
  readonly allowUnsafe: boolean;
  /** @default 5 */
  readonly volume?: number | undefined;
  /** The command that goes on with the change, as people type it; kept on the target. */
  readonly resume: string;
  /** Aborted: stop in order. */
  readonly drain: AbortSignal;
  readonly log: Log;
  show(status: ChangeStatus): void;
}

/** How a run has ended: the error is what made it fail. */
export interface LocalOutcome {
  readonly status: ChangeStatus;
  readonly error?: SternaError;
}

type Step = 'runStatements' | 'prepareTables' | 'copyTables' | 'cutOver';

const BACKOFF_MS = { first: 500, most: 5_000 };
/** A server that stays away ends the planning; work that has begun waits for it. */
const PLAN_TRIES = 5;
/** Of these the next attempt knows no more: a fault, and work that others have taken over. */
const FINAL_CODES = ['internal', 'driver_replaced', 'router_closed'];

class Stopped extends Error {}

/** What a local change would do, and whether it has begun; changes nothing. */
export async function planLocally(
  router: Pick<TargetRouter, 'use'>,
  request: PlanRequest,
  options: Pick<LocalOptions, 'drain' | 'log'>,
): Promise<{ readonly changeId: string; readonly plan: Plan; readonly state: 'planned' | 'stopped' | 'completed' }> {
  const changeId = localChangeId(request);
  return router.use(request, async (client) => {
    await using hold = await client.holdChange(changeId);
    const kept = await hold.find(namespacesOf(request));
    if (kept !== null) return { changeId, plan: kept.plan, state: 'stopped' as const };
    const plan = await client.plan(
      request,
      operationContext({ drain: options.drain, log: options.log, signal: options.drain }),
    );
    return { changeId, plan, state: plan.tasks.length === 0 ? ('completed' as const) : ('planned' as const) };
  });
}

/**
 * Runs a change in this process, without Temporal: plan, copy, swap, clean up. The target keeps the plan from before
 * the first step, so that the same request goes on from wherever an earlier run was interrupted (E4).
 */
export async function runLocally(
  router: Pick<TargetRouter, 'use'>,
  request: PlanRequest,
  options: LocalOptions,
): Promise<LocalOutcome> {
  const changeId = localChangeId(request);
  return router.use(request, async (client) => {
    await using hold = await client.holdChange(changeId);
    return await new LocalChange(changeId, client, hold, request, options).run(); // before it lets go
  });
}

class LocalChange {
  readonly #status: LocalStatus;
  readonly #context: OperationContext;
  readonly #control: Control;

  constructor(
    private readonly changeId: string,
    private readonly client: TargetClient,
    private readonly hold: HeldChange,
    private readonly request: PlanRequest,
    private readonly options: LocalOptions,
  ) {
    const { target, environment, type } = request;
    const { allowUnsafe, volume = DEFAULT_VOLUME } = options;
    this.#status = new LocalStatus(
      {
        changeId,
        route: { target, environment, type, namespaces: namespacesOf(request) },
        options: { allowUnsafe, deferCutover: false, revertWindow: '0s', volume, onConflict: 'reject' },
      },
      (status) => options.show(status),
    );
    this.#context = operationContext({
      drain: options.drain,
      log: options.log,
      confirm: () => hold.confirm(),
      progress: (progress) => this.#status.progress(progress),
    });
    // By the clock, so that a later run has the last word.
    this.#control = { sequence: Date.now(), run: 'run', volume, cutover: false };
  }

  async run(): Promise<LocalOutcome> {
    let plan: Plan | undefined;
    try {
      plan = await this.#plan();
      for (const task of plan.tasks) await this.#apply(plan, task);
      await this.#cleanUp(plan);
      return { status: this.#status.now };
    } catch (error) {
      if (error instanceof Stopped) {
        this.#status.end('stopped');
        return { status: this.#status.now };
      }
      if (!(error instanceof SternaError)) throw error;
      if (plan !== undefined && !FINAL_CODES.includes(error.code)) await this.#giveUp(plan);
      this.#status.end('failed', { code: error.code, message: error.message });
      return { status: this.#status.now, error };
    }
  }

  /** The plan that was made when the change began, or a new one, which is kept before anything else happens. */
  async #plan(): Promise<Plan> {
    const kept = await this.hold.find(namespacesOf(this.request));
    if (kept !== null) {
      this.#status.planned(kept.plan);
      return kept.plan;
    }
    const { allowUnsafe, drain, log, resume } = this.options;
    const plan = await this.#patiently(
      () => this.client.plan(this.request, operationContext({ drain, log, signal: drain })),
      PLAN_TRIES,
    );
    this.#status.planned(plan);
    if (plan.tasks.length === 0) return plan;
    assertConsent(plan, allowUnsafe);
    await this.#patiently(() => this.hold.keep({ plan, resume }, this.#control));
    return plan;
  }

  async #apply(plan: Plan, task: PlannedTask): Promise<void> {
    if (task.execution !== 'copy') {
      this.#status.set(task.id, 'running');
      await this.#step('runStatements', plan, task);
      this.#status.complete(task.id, undefined);
      return;
    }
    // Compared, and perhaps swapped: only the swap is left, which is decided from the target if nobody saw it (E5).
    const phase = (await this.#patiently(() => this.hold.phases())).get(task.id);
    if (phase !== 'verified' && phase !== 'swapped') {
      this.#status.set(task.id, 'running');
      await this.#step('prepareTables', plan, task);
      await this.#step('copyTables', plan, task);
    }
    this.#status.set(task.id, 'cutting_over');
    const outcome = await this.#step('cutOver', plan, task);
    this.#status.complete(task.id, outcome.outcome === 'done' ? outcome.reports[task.id] : undefined);
  }

  async #step(step: Step, plan: Plan, task: PlannedTask): Promise<StepOutcome> {
    const outcome = await this.#patiently(() =>
      this.client[step]({ ...this.#place(plan), tasks: [task], control: this.#control }, this.#context),
    );
    if (outcome.outcome === 'done') return outcome;
    // The control row said stop, which only somebody else can have written; it may have found the swap done before.
    if (outcome.outcome === 'stopped' && step === 'cutOver' && outcome.swapped.includes(task.id)) return outcome;
    throw new Stopped();
  }

  /** Also when a stop was asked for meanwhile: little is left to be done. */
  async #cleanUp(plan: Plan): Promise<void> {
    if (plan.tasks.length === 0) return;
    this.#status.cleaningUp();
    try {
      await this.#patiently(() => this.#removeAll(plan), Infinity, false);
    } catch (error) {
      if (!(error instanceof SternaError)) throw error;
      const message = `leftovers stay on the target, the same command removes them: ${error.message}`;
      this.#status.completed({ code: error.code, message });
      return;
    }
    this.#status.completed();
  }

  /** E7. What ended the change is what counts; leftovers that stay are told beside it. */
  async #giveUp(plan: Plan): Promise<void> {
    try {
      await this.hold.confirm();
    } catch {
      return; // in other hands by now, or out of reach: theirs to remove, or for `sterna doctor`
    }
    try {
      await this.#removeAll(plan);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.options.log.warn({}, `leftovers stay on the target, \`sterna doctor\` names them: ${message}`);
    }
  }

  #removeAll(plan: Plan): Promise<void> {
    return this.client.cleanUp({ ...this.#place(plan), tasks: plan.tasks }, this.#context);
  }

  #place(plan: Plan): Pick<StepInput, 'changeId' | 'route' | 'planHash' | 'stateNamespace'> {
    const { route, planHash, tasks } = plan;
    return { changeId: this.changeId, route, planHash, stateNamespace: tasks[0]?.namespace ?? '' };
  }

  /** Tries again what may succeed without anybody's help, until it does or a stop is asked for. */
  async #patiently<T>(work: () => Promise<T>, most = Infinity, stops = true): Promise<T> {
    const { drain } = this.options;
    for (let tries = 1, wait = BACKOFF_MS.first; ; tries += 1, wait = Math.min(wait * 2, BACKOFF_MS.most)) {
      if (drain.aborted && (stops || tries > 1)) throw new Stopped();
      try {
        return await work();
      } catch (error) {
        if (drain.aborted && !(error instanceof SternaError)) throw new Stopped(); // broken off on purpose
        if (!(error instanceof SternaError) || !error.retryable || FINAL_CODES.includes(error.code) || tries >= most)
          throw error;
        this.#status.waitFor(`another attempt: ${error.message}`);
      }
      await delay(wait, undefined, { signal: drain }).catch(() => undefined); // the next turn stops
    }
  }
}

function namespacesOf({ schema, statements }: PlanRequest): string[] {
  return Object.keys(schema ?? statements ?? {}).sort();
}
