import {
  type Control,
  type LintRequest,
  type StepInput,
  type StepOutcome,
  SternaError,
} from '../../src/contract/index.js';
import type { FoundChange, HeldChange, OperationContext, TargetClient } from '../../src/target/index.js';
import { ScriptedTarget } from '../workflows/scripted-target.js';

type Kept = Parameters<HeldChange['keep']>[0];

/** The scripted target with what no workflow asks for, as a target remembers it: leftovers, holders, dropped tables. */
export class RecordingTarget extends ScriptedTarget {
  /** By the name under which it is kept. */
  readonly #dropped = new Map<string, string>();
  readonly #plans = new Map<string, Kept>();
  /** Changes that a process drives, with its connection. */
  readonly #held = new Map<string, number>();
  #connection = 0;

  override async runStatements(step: StepInput, context: OperationContext): Promise<StepOutcome> {
    const outcome = await super.runStatements(step, context);
    for (const { action, table } of step.tasks)
      if (action === 'drop') this.#dropped.set(`_${table}_sterna_dropped_1`, table);
    if (step.last === true) this.rows.delete(step.changeId);
    return outcome;
  }

  override async cleanUp(input: StepInput, context: OperationContext): Promise<void> {
    await super.cleanUp(input, context);
    this.#remove(input.changeId);
  }

  override findDropped({ table }: { readonly table: string }): Promise<string | null> {
    const found = [...this.#dropped].find(([, before]) => before === table);
    return Promise.resolve(found?.[0] ?? null);
  }

  override restoreDropped({ table, dropped }: { readonly table: string; readonly dropped: string }): Promise<void> {
    const [before] = /^_(.+)_sterna_dropped_/.exec(dropped)?.slice(1) ?? [];
    if (before !== table)
      return Promise.reject(new SternaError('undrop_refused', `Expected ${dropped} to be kept, found none.`));
    this.#dropped.delete(dropped);
    return Promise.resolve();
  }

  override lint({ schema }: LintRequest): ReturnType<TargetClient['lint']> {
    return Promise.resolve(
      Object.entries(schema).flatMap(([namespace, files]) =>
        Object.entries(files).map(([file, sql]) => ({
          namespace,
          table: file.replace(/\.sql$/, ''),
          findings: sql.includes('PRIMARY KEY')
            ? []
            : [{ rule: 'primary-key', severity: 'warning' as const, message: 'has none' }],
        })),
      ),
    );
  }

  override examine(): ReturnType<TargetClient['examine']> {
    const changes = [...this.rows.keys()].map((id): FoundChange => {
      const kept = this.#plans.get(id) ?? null;
      const step = this.calls.map(({ input }) => input as StepInput).findLast(({ changeId }) => changeId === id);
      const planHash = kept?.plan.planHash ?? step?.planHash ?? '';
      const change = { id, planHash, records: [], kept, untouchedSeconds: 0 };
      return { namespace: 'shop', name: `_sterna_${id}`, drivers: [], heldBy: this.#held.get(id) ?? null, change };
    });
    return Promise.resolve({ findings: [], leftovers: { changes, tables: [] } });
  }

  override async removeChange({ change }: FoundChange, context: OperationContext): Promise<void> {
    if (change === undefined || !this.rows.has(change.id)) return;
    await context.confirm();
    this.#remove(change.id);
  }

  override holdChange(id: string): ReturnType<TargetClient['holdChange']> {
    if (this.#held.has(id)) return Promise.reject(new SternaError('target_held', 'Another process has it.'));
    this.#held.set(id, (this.#connection += 1));
    return Promise.resolve({
      find: () => Promise.resolve(this.#plans.get(id) ?? null),
      keep: (kept: Kept, control: Control) => {
        this.rows.set(id, control);
        this.#plans.set(id, kept);
        return Promise.resolve();
      },
      phases: () => Promise.resolve(new Map()),
      assertHeld: () => Promise.resolve(),
      confirm: () =>
        this.#plans.has(id)
          ? Promise.resolve()
          : Promise.reject(new SternaError('driver_replaced', 'Others have ended the change.')),
      [Symbol.asyncDispose]: () => {
        this.#held.delete(id);
        return Promise.resolve();
      },
    });
  }

  #remove(id: string): void {
    this.rows.delete(id);
    this.#plans.delete(id);
  }
}
