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
import {
  type OperationContext,
  operationContext,
  type TargetClient,
  type TargetExamination,
} from '../../src/target/index.js';

/** A target with one table that the request changes by a copy, and another one, `gone`. */
export interface Fixture extends AsyncDisposable {
  readonly client: TargetClient;
  readonly namespace: string;
  readonly request: PlanRequest;
  /** Drops the other one. */
  readonly drop: PlanRequest;
  /** A desired file without a primary key, of a table `bad`. */
  readonly keyless: string;
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

    it('guards a table that was swapped until it is asked to swap back, and does that once', async () => {
      const step = await planned();
      for (const name of ['prepareTables', 'copyTables', 'cutOver'] as const) done(await client[name](step, context()));
      expect(await client.guardRevert(step, context({ drain: AbortSignal.abort() }))).toEqual({ outcome: 'handover' });
      const guarded = client.guardRevert(step, context());
      const control: Control = { ...step.control, sequence: 2, cutover: true };
      // The swap that is to be taken back is told of with the control.
      expect(await client.writeControl({ ...step, control }, context())).toEqual({ swapped: [step.tasks[0]?.id] });
      expect(await guarded).toEqual({ outcome: 'asked' });
      for (const _ of ['once', 'again']) done(await client.revertTables(step, context()));
      expect(await client.writeControl({ ...step, control }, context())).toEqual({ swapped: [] });
      await client.cleanUp(step, context());
      expect((await client.plan(fixture.request, context())).planHash, 'nothing has changed').toBe(step.planHash);
    });

    it('runs what needs no copy once, and gives a table that it dropped back once (E5)', async () => {
      const place = { namespace: fixture.namespace, table: 'gone' };
      const plan = await client.plan(fixture.drop, context());
      expect(plan.tasks).toMatchObject([{ ...place, action: 'drop', execution: 'direct' }]);
      const step: StepInput = { ...stepOf(plan), last: true };
      for (const begun of [false, true]) done(await client.runStatements({ ...step, begun }, context()));
      expect(
        (await client.examine([fixture.namespace])).leftovers.changes,
        'the last step takes its state along',
      ).toEqual([]);

      const dropped = await client.findDropped(place, context());
      if (dropped === null) throw new Error('Expected the dropped table to be kept, found none.');
      for (const _ of ['once', 'again']) await client.restoreDropped({ ...place, dropped }, context());
      expect(await client.findDropped(place, context())).toBeNull();
      expect((await client.plan(fixture.drop, context())).tasks, 'it is there again').toHaveLength(1);
      const other = { ...place, table: 'other', dropped };
      await expect(client.restoreDropped(other, context())).rejects.toMatchObject({ code: 'undrop_refused' });
    });

    it('finds what rules say of desired files', async () => {
      const found = await client.lint({ schema: { [fixture.namespace]: { 'bad.sql': fixture.keyless } } });
      expect(found).toMatchObject([{ namespace: fixture.namespace, table: 'bad' }]);
      expect(found[0]?.findings).toContainEqual(expect.objectContaining({ rule: 'primary-key', severity: 'warning' }));
    });

    it('names what a change has left, and removes that and nothing else (E7)', async () => {
      const look = async (): Promise<TargetExamination['leftovers']> => {
        const { findings, leftovers } = await client.examine([fixture.namespace]);
        for (const each of findings) expect(['problem', 'note']).toContain(each.level);
        return leftovers;
      };
      expect(await look()).toEqual({ changes: [], tables: [] });
      const step = await planned();
      done(await client.prepareTables(step, context()));
      const { changes, tables } = await look();
      expect(tables, 'it belongs to the change').toEqual([]);
      expect(changes).toMatchObject([
        {
          namespace: fixture.namespace,
          heldBy: null,
          change: { id: step.changeId, planHash: step.planHash, kept: null },
        },
      ]);
      const [found] = changes;
      if (found === undefined) throw new Error('Expected what the change has left, found nothing.');
      const { change: _, ...unknown } = found;
      await client.removeChange(unknown, context());
      expect((await look()).changes, 'whose it is is not known').toHaveLength(1);
      const refusal = new SternaError('driver_replaced', 'it lives');
      const lives = client.removeChange(found, context({ confirm: () => Promise.reject(refusal) }));
      await expect(lives).rejects.toBe(refusal);
      expect((await look()).changes).toHaveLength(1);
      for (const _ of ['once', 'again']) await client.removeChange(found, context());
      expect(await look()).toEqual({ changes: [], tables: [] });
      expect((await client.plan(fixture.request, context())).planHash, 'nothing has changed').toBe(step.planHash);
    });

    it('gives a change to one process at a time, with the plan that the one before has kept (E4)', async () => {
      const plan = await client.plan(fixture.request, context());
      const { changeId, control, ...step } = stepOf(plan);
      const kept = { plan, resume: 'sterna alter' };
      {
        await using hold = await client.holdChange(changeId);
        expect(await hold.find([fixture.namespace])).toBeNull();
        await hold.keep(kept, control);
        await hold.confirm();
        await expect(client.holdChange(changeId)).rejects.toMatchObject({ code: 'target_held' });
        const [found] = (await client.examine([fixture.namespace])).leftovers.changes;
        expect(found).toMatchObject({ heldBy: expect.any(Number), change: { id: changeId, kept } });
      }
      await using hold = await client.holdChange(changeId);
      expect(await hold.find([fixture.namespace])).toEqual(kept);
      expect((await hold.phases()).size).toBe(0);
      await hold.confirm();
      await client.cleanUp({ ...step, changeId }, context());
      await expect(hold.confirm()).rejects.toMatchObject({ code: 'driver_replaced' });
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
