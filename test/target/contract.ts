import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Control,
  type Plan,
  type PlanRequest,
  SternaError,
  type StepInput,
  type StepOutcome,
  type TaskProgress,
} from '../../src/contract/index.js';
import { until } from '../support/until.js';
import { type OperationContext, operationContext, type TargetClient } from '../../src/target/index.js';

/** A target with one table that the request changes by a copy. */
export interface Fixture extends AsyncDisposable {
  readonly client: TargetClient;
  readonly namespace: string;
  readonly request: PlanRequest;
  /** What a plan asked for in a namespace that is not there fails with. */
  readonly unknown: PlanRequest;
}

const nothing = (): void => undefined;
const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** What router, activities and workflows rely on, of whatever type of database a client is. */
export function targetClientContract(name: string, open: () => Promise<Fixture>): void {
  describe(`the contract of a target client: ${name}`, () => {
    let fixture: Fixture;
    let client: TargetClient;
    let progress: TaskProgress[];
    beforeEach(async () => {
      fixture = await open();
      ({ client } = fixture);
      progress = [];
    });
    afterEach(() => fixture[Symbol.asyncDispose]());

    const context = (own: Partial<OperationContext> = {}): OperationContext =>
      operationContext({ log: SILENT, progress: (each) => void progress.push(each), ...own });
    const stepOf = (plan: Plan, control: Partial<Control> = {}): StepInput => ({
      changeId: `contract.test.${fixture.namespace}`,
      route: plan.route,
      planHash: plan.planHash,
      stateNamespace: plan.tasks[0]?.namespace ?? '',
      tasks: plan.tasks,
      control: { sequence: 1, run: 'run', volume: 11, cutover: false, ...control },
    });
    const planned = async (): Promise<StepInput> => stepOf(await client.plan(fixture.request, context()));
    const done = (outcome: StepOutcome): Record<string, unknown> => {
      if (outcome.outcome !== 'done') throw new Error(`Expected done, got ${outcome.outcome}.`);
      return outcome.reports;
    };

    it('answers a probe and a pull in their shapes', async () => {
      expect(await client.probe(context())).toEqual({
        ok: true,
        serverVersion: expect.any(String) as string,
        writable: true,
        milliseconds: expect.any(Number) as number,
      });
      const { schema } = await client.pull({ namespaces: [fixture.namespace] }, context());
      expect(Object.keys(schema)).toEqual([fixture.namespace]);
      for (const [file, sql] of Object.entries(schema[fixture.namespace] ?? {})) {
        expect(file).toMatch(/\.sql$/);
        expect(sql).toMatch(/^CREATE TABLE/);
      }
    });

    it('makes a plan for the route that was asked for, and the same one again (R1, P6)', async () => {
      const plan = await client.plan(fixture.request, context());
      const { target, environment, type } = fixture.request;
      expect(plan.route).toEqual({ target, environment, type, namespaces: [fixture.namespace] });
      expect(plan.planHash).toMatch(/^[0-9a-f]{64}$/);
      expect(plan.tasks).toMatchObject([{ namespace: fixture.namespace, execution: 'copy', safety: 'safe' }]);
      expect((await client.plan(fixture.request, context())).planHash).toBe(plan.planHash);
    });

    it('takes every step of a copy twice with the same outcome, and tells how far each table is (E5)', async () => {
      const step = await planned();
      const ids = step.tasks.map(({ id }) => id);
      for (const name of ['prepareTables', 'copyTables', 'cutOver'] as const) {
        const first = done(await client[name](step, context()));
        if (name !== 'prepareTables') expect(Object.keys(first)).toEqual(ids);
        expect(Object.keys(done(await client[name](step, context())))).toEqual(Object.keys(first));
      }
      expect([...new Set(progress.map(({ table }) => table))]).toEqual(ids);
      for (const each of progress) expect(each.percent).toBeLessThanOrEqual(100);
      const end = { ...step, tasks: step.tasks };
      await client.cleanUp(end, context());
      await client.cleanUp(end, context()); // an earlier attempt may have done all of it
    });

    it('hands over when the worker goes away, stops when the target says so, and leaves when it is cancelled (S4, C1)', async () => {
      const step = await planned();
      done(await client.prepareTables(step, context()));
      expect(await client.copyTables(step, context({ drain: AbortSignal.abort() }))).toEqual({ outcome: 'handover' });
      const reason = new Error('cancelled by the test');
      await expect(client.copyTables(step, context({ signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
      const control: Control = { ...step.control, sequence: 2, run: 'stop' };
      expect(await client.writeControl({ ...step, control }, context())).toEqual({ swapped: [] });
      // The row counts, and not what the step was begun with (C5).
      expect(await client.copyTables(step, context())).toMatchObject({ outcome: 'stopped', swapped: [] });
      expect(await client.writeControl({ ...step, control: step.control }, context())).toEqual({ swapped: [] });
      expect(await client.copyTables(step, context()), 'an older control is none').toMatchObject({
        outcome: 'stopped',
      });
      await client.writeControl({ ...step, control: { ...control, sequence: 3, run: 'run' } }, context());
      done(await client.copyTables(step, context()));
      await client.cleanUp(step, context());
    });

    it('holds until a cutover is asked for', async () => {
      const step = await planned();
      done(await client.prepareTables(step, context()));
      done(await client.copyTables(step, context()));
      const held = client.holdTables(step, context());
      await client.writeControl({ ...step, control: { ...step.control, sequence: 2, cutover: true } }, context());
      expect(await held).toEqual({ outcome: 'asked' });
      await client.cleanUp(step, context());
    });

    it('fails with a stable code and nothing else', async () => {
      await expect(client.plan(fixture.unknown, context())).rejects.toBeInstanceOf(SternaError);
      expect(await client.findDropped({ namespace: fixture.namespace, table: 'never_there' }, context())).toBeNull();
    });

    it('has no connection once it is closed, however often that is (K4)', async () => {
      await client.probe(context());
      await client.close();
      await client.close();
      await until('the servers have noticed', () => client.connections() === 0, { intervalMs: 2 });
    });
  });
}
