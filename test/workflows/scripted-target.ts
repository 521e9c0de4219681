import { setTimeout as delay } from 'node:timers/promises';
import type {
  Control,
  ControlInput,
  ControlResult,
  Plan,
  PlanRequest,
  StepInput,
  StepOutcome,
  TaskPhase,
} from '../../src/contract/index.js';
import type { OperationContext, TargetClient } from '../../src/target/index.js';

type Operation = keyof Omit<TargetClient, 'close'>;

export interface Call {
  readonly operation: Operation;
  readonly tasks: readonly string[];
  readonly control?: Control;
  readonly input: unknown;
}

/**
 * A target that follows a script: keeps a control row as the engine does, and works on a step until the test
 * finishes it. What the workflow asked of it, and in which order, is in `calls`.
 */
export class ScriptedTarget implements TargetClient {
  readonly calls: Call[] = [];
  readonly swapped = new Set<string>();
  /** One control row a change, as on a real target. */
  readonly rows = new Map<string, Control>();
  /** Operations that go on until `finish`. */
  readonly #busy = new Set<Operation>();
  readonly #failures = new Map<Operation, (() => Error)[]>();
  /** While true, controls are not followed: as behind a lock, or in one long statement. */
  deaf = false;
  /** Until when a stopped step can be resumed. */
  resumeBefore: string | undefined;
  /** Called before a control is written. */
  beforeControl: (control: Control) => void | Promise<void> = () => undefined;
  made: Plan;
  /** Name of a dropped table that is kept. */
  kept: string | null = null;

  connections(): number {
    return 0;
  }

  constructor(made: Plan) {
    this.made = made;
  }

  /** The control row of the only change. */
  get row(): Control {
    const [row] = this.rows.values();
    if (row === undefined || this.rows.size > 1) throw new Error(`Expected one change, found ${this.rows.size}.`);
    return row;
  }

  /** From now on this operation goes on until `finish`. */
  hold(operation: Operation): this {
    this.#busy.add(operation);
    return this;
  }

  finish(operation: Operation): void {
    this.#busy.delete(operation);
  }

  /** The next attempt of this operation ends so. */
  fail(operation: Operation, ...errors: (() => Error)[]): this {
    this.#failures.set(operation, [...(this.#failures.get(operation) ?? []), ...errors]);
    return this;
  }

  /** Names of the operations asked for, in order. */
  get story(): string[] {
    return this.calls.map(({ operation, tasks }) =>
      tasks.length === 0 ? operation : `${operation} ${tasks.join(' ')}`,
    );
  }

  count(operation: Operation): number {
    return this.calls.filter((call) => call.operation === operation).length;
  }

  plan(request: PlanRequest, context: OperationContext): Promise<Plan> {
    return this.#run('plan', [], request, context, () => this.made);
  }
  pull(request: object, context: OperationContext): ReturnType<TargetClient['pull']> {
    return this.#run('pull', [], request, context, () => ({
      schema: { shop: { 'a.sql': 'CREATE TABLE `a` (`id` int)' } },
    }));
  }
  /** Workflows keep their own plan. */
  holdChange(..._: Parameters<TargetClient['holdChange']>): ReturnType<TargetClient['holdChange']> {
    return Promise.reject(new Error('Expected no workflow to hold a change.'));
  }

  lint(..._: Parameters<TargetClient['lint']>): ReturnType<TargetClient['lint']> {
    return Promise.reject(new Error('Expected no workflow to lint files.'));
  }

  examine(): ReturnType<TargetClient['examine']> {
    return Promise.reject(new Error('Expected no workflow to examine a target.'));
  }

  removeChange(..._: Parameters<TargetClient['removeChange']>): ReturnType<TargetClient['removeChange']> {
    return Promise.reject(new Error('Expected no workflow to remove what it does not own.'));
  }

  probe(context: OperationContext): ReturnType<TargetClient['probe']> {
    return this.#run('probe', [], {}, context, () => ({
      ok: true,
      serverVersion: '9.7.4',
      writable: true,
      milliseconds: 1,
    }));
  }
  claimTarget(step: StepInput, context: OperationContext): Promise<StepOutcome> {
    return this.#step('claimTarget', step, context, 'preparing', () => this.#done(step));
  }
  runStatements(step: StepInput, context: OperationContext): Promise<StepOutcome> {
    return this.#step('runStatements', step, context, 'instant', () => this.#done(step));
  }
  prepareTables(step: StepInput, context: OperationContext): Promise<StepOutcome> {
    return this.#step('prepareTables', step, context, 'preparing', () => this.#done(step));
  }
  copyTables(step: StepInput, context: OperationContext): Promise<StepOutcome> {
    return this.#step('copyTables', step, context, 'copying', () => this.#done(step));
  }
  holdTables(step: StepInput, context: OperationContext): Promise<StepOutcome> {
    return this.#step('holdTables', step, context, 'holding', () =>
      this.#write(step).cutover ? { outcome: 'asked' } : undefined,
    );
  }
  cutOver(step: StepInput, context: OperationContext): Promise<StepOutcome> {
    return this.#step('cutOver', step, context, 'catching_up', () => {
      for (const { id } of step.tasks) this.swapped.add(id);
      return this.#done(step);
    });
  }
  guardRevert(step: StepInput, context: OperationContext): Promise<StepOutcome> {
    return this.#step('guardRevert', step, context, 'guarding', () =>
      this.#write(step).cutover ? { outcome: 'asked' } : undefined,
    );
  }
  revertTables(step: StepInput, context: OperationContext): Promise<StepOutcome> {
    return this.#step('revertTables', step, context, 'catching_up', () => {
      for (const { id } of step.tasks) this.swapped.delete(id);
      return this.#done(step);
    });
  }
  async cleanUp(input: StepInput, context: OperationContext): Promise<void> {
    await this.#run('cleanUp', [], input, context, () => true);
  }

  async writeControl(input: ControlInput): Promise<ControlResult> {
    this.calls.push({ operation: 'writeControl', tasks: [], control: input.control, input });
    await this.beforeControl(input.control);
    this.#throwIfScripted('writeControl');
    this.#write(input);
    return { swapped: [...this.swapped] };
  }

  findDropped(request: object, context: OperationContext): Promise<string | null> {
    return this.#run('findDropped', [], request, context, () => this.kept);
  }
  async restoreDropped(request: object, context: OperationContext): Promise<void> {
    await this.#run('restoreDropped', [], request, context, () => true);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #write({ changeId, control }: Pick<ControlInput, 'changeId' | 'control'>): Control {
    const row = this.rows.get(changeId);
    if (row !== undefined && row.sequence >= control.sequence) return row;
    this.rows.set(changeId, control);
    return control;
  }

  #done({ tasks }: StepInput): StepOutcome {
    return {
      outcome: 'done',
      reports: Object.fromEntries(tasks.map(({ id }) => [id, { rowsCopied: 7, rowsRepaired: 0 }])),
    };
  }

  #step(
    operation: Operation,
    step: StepInput,
    context: OperationContext,
    phase: TaskPhase,
    end: () => StepOutcome | undefined,
  ): Promise<StepOutcome> {
    this.#write(step);
    const tasks = step.tasks.map((task) => task.id);
    const report = (rows: number): void => {
      for (const table of tasks)
        context.progress({ table, phase, rows, of: 1_000, percent: rows / 10, rowsPerSecond: 100, eta: '6s' });
    };
    report(0);
    return this.#run(
      operation,
      tasks,
      step,
      context,
      () => {
        if (!this.deaf && this.#write(step).run === 'stop')
          return {
            outcome: 'stopped',
            swapped: [...this.swapped],
            ...(this.resumeBefore === undefined ? {} : { resumeBefore: this.resumeBefore }),
          };
        if (context.drain.aborted) return { outcome: 'handover' };
        if (this.#busy.has(operation)) return undefined;
        report(1_000);
        return end();
      },
      step.control,
    );
  }

  async #run<T>(
    operation: Operation,
    tasks: readonly string[],
    input: unknown,
    context: OperationContext,
    end: () => T | undefined,
    control?: Control,
  ): Promise<T> {
    this.calls.push({ operation, tasks, input, ...(control === undefined ? {} : { control }) });
    const isStep = control !== undefined;
    for (;;) {
      context.signal.throwIfAborted();
      context.alive();
      this.#throwIfScripted(operation);
      const ended = !isStep && this.#busy.has(operation) ? undefined : end();
      if (ended !== undefined) return ended;
      await delay(10, undefined, { signal: context.signal });
    }
  }

  #throwIfScripted(operation: Operation): void {
    const error = this.#failures.get(operation)?.shift();
    if (error !== undefined) throw error();
  }
}
