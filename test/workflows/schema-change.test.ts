import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { reservationId, SternaError, type StepInput } from '../../src/contract/index.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { type TestChange, TestDataPlane } from './data-plane.js';
import { blocked, plan, PLAN_HASH, plannedTask, unsafe } from './plans.js';
import { ScriptedTarget } from './scripted-target.js';

let plane: TestDataPlane;
let number = 0;

beforeAll(async () => {
  plane = await TestDataPlane.start();
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});
afterEach(async () => {
  await expectNoLeaks({ taskQueues: [plane.name] });
});

/** A target of this test alone, with the plan it will make. */
function target(...tasks: ReturnType<typeof plannedTask>[]): { name: string; script: ScriptedTarget } {
  number += 1;
  const name = `shop-${plane.name}-${number}`;
  const script = new ScriptedTarget(plan(tasks.length > 0 ? tasks : [plannedTask('a')], name));
  plane.targets.set(name, script);
  return { name, script };
}

async function updateFailure(answer: Promise<unknown>): Promise<ApplicationFailure> {
  const error = await answer.then(
    () => undefined,
    (failure: unknown) => failure,
  );
  expect(error).toBeInstanceOf(WorkflowUpdateFailedError);
  expect((error as WorkflowUpdateFailedError).cause).toBeInstanceOf(ApplicationFailure);
  return (error as WorkflowUpdateFailedError).cause as ApplicationFailure;
}

async function changeFailure(change: TestChange): Promise<ApplicationFailure> {
  const error = await change.result().then(
    () => undefined,
    (failure: unknown) => failure,
  );
  expect(error).toBeInstanceOf(WorkflowFailedError);
  expect((error as WorkflowFailedError).cause).toBeInstanceOf(ApplicationFailure);
  return (error as WorkflowFailedError).cause as ApplicationFailure;
}

async function endsCancelled(change: TestChange): Promise<void> {
  const error = await change.result().then(
    () => undefined,
    (failure: unknown) => failure,
  );
  expect((error as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
  expect(await change.temporalStatus()).toBe('CANCELLED');
  expect((await change.status()).state).toBe('cancelled');
}

describe('a change from plan to end', () => {
  it('runs each task in its turn, through its own cutover, and cleans up', async () => {
    const { name, script } = target(
      plannedTask('new', { action: 'create', execution: 'direct' }),
      plannedTask('a'),
      plannedTask('b', { execution: 'instant' }),
    );
    const change = await plane.begin({ target: name });
    await change.reaches('planned');
    expect(await change.send('apply', { planHash: PLAN_HASH })).toEqual({ state: 'queued', already: false });
    expect(await change.result()).toMatchObject({
      changeId: change.id,
      state: 'completed',
      noChanges: false,
      planHash: PLAN_HASH,
    });
    expect(script.story).toEqual([
      'plan',
      'runStatements shop.new',
      'prepareTables shop.a',
      'copyTables shop.a',
      'cutOver shop.a',
      'runStatements shop.b',
      'cleanUp',
    ]);
    const status = await change.status();
    expect(status.tasks.map((task) => [task.id, task.state])).toEqual([
      ['shop.new', 'completed'],
      ['shop.a', 'completed'],
      ['shop.b', 'completed'],
    ]);
    expect(status.tasks[1]?.report).toEqual({ rowsCopied: 7, rowsRepaired: 0 });
    expect(
      (await change.events()).events.filter((event) => event.what === 'state').map((event) => event.detail),
    ).toEqual(expect.arrayContaining(['planning', 'planned', 'running', 'cutting_over', 'completed']));
  });

  it('has the route of the plan in every step, and asks the router for nothing else (R1)', async () => {
    const { name, script } = target();
    const change = await plane.begin({ target: name, options: { autoApply: true, volume: 3 } });
    await change.result();
    const steps = script.calls.filter((call) => call.operation !== 'plan').map((call) => call.input as StepInput);
    for (const step of steps) {
      expect(step.route).toEqual(script.made.route);
      expect(step).toMatchObject({ changeId: change.id, planHash: PLAN_HASH, stateNamespace: 'shop' });
    }
    expect(script.calls.find((call) => call.operation === 'copyTables')?.control).toMatchObject({
      run: 'run',
      volume: 3,
    });
    const asked = plane.requests.filter((request) => request.target === name);
    expect(new Set(asked.map((request) => JSON.stringify(request))).size).toBe(1);
  });

  it('without differences is completed at once', async () => {
    const { name, script } = target();
    script.made = plan([], name);
    const change = await plane.begin({ target: name });
    expect(await change.result()).toMatchObject({ state: 'completed', noChanges: true, tasks: [] });
    expect(script.story).toEqual(['plan']);
  });

  it('that nobody applies expires (S3)', async () => {
    const { name } = target();
    const change = await plane.begin({ target: name, options: { planTtl: '1s' } });
    expect(await change.result()).toMatchObject({ state: 'expired' });
  });

  it('shows itself by search attributes', async () => {
    const { name } = target();
    const change = await plane.begin({ target: name, caller: 'ana', options: { autoApply: true } });
    await change.result();
    const found = (await change.handle.describe()).typedSearchAttributes.getAll();
    expect(Object.fromEntries(found.map(({ key, value }) => [key.name, value]))).toMatchObject({
      SternaTarget: name,
      SternaEnvironment: 'test',
      SternaState: 'completed',
      SternaCaller: 'ana',
      SternaTables: ['shop.a'],
    });
  });
});

describe('a deferred cutover', () => {
  const tasks = () => [
    plannedTask('gone', { action: 'drop', execution: 'direct' }),
    plannedTask('a'),
    plannedTask('quick', { execution: 'instant' }),
    plannedTask('new', { action: 'create', execution: 'direct' }),
    plannedTask('b'),
  ];

  it('copies everything, waits, and swaps all tables together, drops last', async () => {
    const { name, script } = target(...tasks());
    const change = await plane.begin({ target: name, options: { autoApply: true, deferCutover: true } });
    const waiting = await change.reaches('waiting_for_cutover');
    expect(waiting).toMatchObject({ waitingFor: 'cutover' });
    expect(waiting.controls).toEqual(expect.arrayContaining(['cutover', 'stop', 'cancel', 'setVolume']));
    await until('the tables are held', () => script.count('holdTables') > 0);
    expect(script.story).toEqual([
      'plan',
      'runStatements shop.new',
      'prepareTables shop.a shop.b',
      'copyTables shop.a shop.b',
      'holdTables shop.a shop.b',
    ]);
    await change.send('cutover');
    expect(await change.result()).toMatchObject({ state: 'completed' });
    expect(script.story.filter((line) => !line.startsWith('writeControl')).slice(5)).toEqual([
      'cutOver shop.a shop.b',
      'runStatements shop.quick',
      'runStatements shop.gone',
      'cleanUp',
    ]);
  });

  it('without a copy waits in the workflow, can be stopped there, and changes nothing before it is asked', async () => {
    const { name, script } = target(plannedTask('quick', { execution: 'instant' }));
    const change = await plane.begin({ target: name, options: { autoApply: true, deferCutover: true } });
    await change.reaches('waiting_for_cutover');
    await change.send('stop');
    await change.reaches('stopped');
    expect(await updateFailure(change.send('cutover'))).toMatchObject({ type: 'control_refused' });
    await change.send('resume');
    await change.reaches('waiting_for_cutover');
    expect(script.story).toEqual(['plan']);
    await change.send('cutover');
    expect(await change.result()).toMatchObject({ state: 'completed' });
    expect(script.story).toEqual(['plan', 'runStatements shop.quick', 'cleanUp']);
  });
});

describe('consent', () => {
  it('unsafe plans are refused at the apply without consent, whoever sends it (P2)', async () => {
    const { name, script } = target(unsafe('a'));
    const change = await plane.begin({ target: name });
    await change.reaches('planned');
    expect(await updateFailure(change.send('apply'))).toMatchObject({ type: 'unsafe_not_allowed' });
    await change.signal('apply');
    await until('the refusal is recorded', async () =>
      (await change.events()).events.some((event) => event.what === 'apply'),
    );
    expect((await change.events()).events.at(-1)).toMatchObject({ what: 'apply', outcome: 'refused', caller: 'test' });
    expect((await change.status()).state).toBe('planned');
    await change.send('apply', { allowUnsafe: true });
    expect(await change.result()).toMatchObject({ state: 'completed' });
    expect(script.count('cutOver')).toBe(1);
  });

  it('an unsafe plan with autoApply fails without consent and touches nothing (P2)', async () => {
    const { name, script } = target(unsafe('a'));
    const change = await plane.begin({ target: name, options: { autoApply: true } });
    expect(await changeFailure(change)).toMatchObject({ type: 'unsafe_not_allowed' });
    expect(script.story).toEqual(['plan']);
  });

  it('a blocked plan fails with autoApply and is refused at the apply, consent or not (P3)', async () => {
    const { name, script } = target(blocked('a'));
    const auto = await plane.begin({ target: name, options: { autoApply: true, allowUnsafe: true } });
    expect(await changeFailure(auto)).toMatchObject({ type: 'plan_blocked' });
    const asked = await plane.begin({ target: name });
    await asked.reaches('planned');
    expect(await updateFailure(asked.send('apply', { allowUnsafe: true }))).toMatchObject({ type: 'plan_blocked' });
    await asked.send('cancel');
    await endsCancelled(asked);
    expect(script.count('cleanUp'), 'nothing was begun').toBe(0);
  });

  it('the approval of another plan is refused', async () => {
    const { name } = target();
    const change = await plane.begin({ target: name });
    await change.reaches('planned');
    expect(await updateFailure(change.send('apply', { planHash: 'b'.repeat(64) }))).toMatchObject({
      type: 'plan_hash_differs',
    });
    await change.send('cancel');
    await endsCancelled(change);
  });

  it('a message for another route is refused (R1)', async () => {
    const { name } = target();
    const change = await plane.begin({ target: name });
    await change.reaches('planned');
    expect(await updateFailure(change.send('apply', { environment: 'production' }))).toMatchObject({
      type: 'route_mismatch',
    });
    await change.send('cancel');
    await endsCancelled(change);
  });
});

describe('controls while a step runs', () => {
  async function copying(
    tasks = [plannedTask('a')],
    options = {},
  ): Promise<{ change: TestChange; script: ScriptedTarget; name: string }> {
    const { name, script } = target(...tasks);
    script.hold('copyTables');
    const change = await plane.begin({ target: name, options: { autoApply: true, ...options } });
    await until('the copy runs', () => script.count('copyTables') > 0);
    await change.reaches('running');
    return { change, script, name };
  }

  it('a stop reaches the driver through the control row and keeps the target reserved until it ends (C4, C5)', async () => {
    const { change, script, name } = await copying();
    expect(await change.send('stop', { reason: 'peak' })).toEqual({ state: 'stopping', already: false });
    await change.reaches('stopped');
    expect(script.row.run).toBe('stop');
    expect((await change.send('stop')).already).toBe(true);
    const reservation = plane.client.workflow.getHandle(
      reservationId({ target: name, environment: 'test', type: 'mysql' }),
    );
    expect((await reservation.describe()).status.name).toBe('RUNNING');
    const second = await plane.begin({ target: name, options: { autoApply: true } });
    expect(await changeFailure(second)).toMatchObject({
      type: 'target_held',
      message: expect.stringContaining(change.id),
    });
    await change.send('resume');
    await until('the copy goes on', () => script.count('copyTables') === 2);
    expect(
      script.calls.filter((call) => call.operation === 'copyTables')[1]?.control,
      'newer than the stop in the row',
    ).toMatchObject({ run: 'run' });
    script.finish('copyTables');
    expect(await change.result()).toMatchObject({ state: 'completed' });
  });

  it('a stop sent as a signal does the same, and twice is once', async () => {
    const { change, script } = await copying();
    await change.signal('stop');
    await change.signal('stop');
    await change.reaches('stopped');
    await change.signal('resume');
    await until('the copy goes on', () => script.count('copyTables') === 2);
    script.finish('copyTables');
    await change.result();
    const events = (await change.events()).events.filter((event) => event.what === 'stop');
    expect(events.map((event) => [event.outcome, event.detail])).toEqual([
      ['accepted', undefined],
      ['accepted', 'already'],
    ]);
  });

  it('a stop is acknowledged when it is durable, although the target cannot be reached (C1)', async () => {
    const { change, script } = await copying();
    script.fail('writeControl', () => new SternaError('server_unreachable', 'no answer'));
    expect((await change.send('stop')).state).toBe('stopping');
    const { events } = await change.handle.fetchHistory();
    expect(events?.some((event) => event.workflowExecutionUpdateAcceptedEventAttributes != null)).toBe(true);
    await change.reaches('stopped');
    expect(script.count('writeControl'), 'it was tried again').toBeGreaterThan(1);
    await change.send('cancel');
    await endsCancelled(change);
  });

  it('a driver that does not follow a stop is cancelled after a while (S3)', async () => {
    const { change, script } = await copying();
    script.deaf = true;
    await change.send('stop');
    await change.reaches('stopped');
    script.deaf = false;
    await change.send('resume');
    script.finish('copyTables');
    expect(await change.result()).toMatchObject({ state: 'completed' });
  });

  it('a stop that the target reports and nobody sent is kept until somebody resumes (C2)', async () => {
    const { change, script } = await copying();
    script.rows.set(change.id, { ...script.row, run: 'stop' });
    await change.reaches('stopped');
    expect(script.count('copyTables')).toBe(1);
    await change.send('resume');
    await until('the copy goes on', () => script.count('copyTables') === 2);
    script.finish('copyTables');
    expect(await change.result()).toMatchObject({ state: 'completed' });
  });

  it('volumes reach the driver in their order, the newest last (C5)', async () => {
    const { change, script } = await copying();
    await Promise.all([1, 9, 4].map((volume) => change.send('setVolume', { volume })));
    await until('the newest is written', async () => script.row.volume === (await change.status()).options.volume);
    const sequences = script.calls
      .filter((call) => call.operation === 'writeControl')
      .map((call) => call.control?.sequence ?? 0);
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
    expect(sequences.length, 'written one after another').toBeGreaterThan(0);
    script.finish('copyTables');
    await change.result();
  });

  it('a cancel stops the driver, cleans up and ends as Canceled', async () => {
    const { change, script } = await copying();
    expect((await change.send('cancel', { reason: 'wrong' })).state).toBe('stopping');
    await endsCancelled(change);
    expect(script.story.at(-1)).toBe('cleanUp');
    expect(script.count('cutOver')).toBe(0);
    expect(script.count('writeControl')).toBe(1);
  });

  it('a native cancel means the same', async () => {
    const { change, script } = await copying();
    await change.handle.cancel();
    await endsCancelled(change);
    expect(script.story.at(-1)).toBe('cleanUp');
    expect((await change.events()).events).toContainEqual(
      expect.objectContaining({ what: 'cancel', caller: 'temporal', outcome: 'accepted' }),
    );
  });

  it('a stopped change can be cancelled', async () => {
    const { change, script } = await copying();
    await change.send('stop');
    await change.reaches('stopped');
    await change.send('cancel');
    await endsCancelled(change);
    expect(script.story.at(-1)).toBe('cleanUp');
  });

  it('a worker that goes away hands over, which spends no attempt (S4)', async () => {
    const { change, script } = await copying();
    await plane.stopWorkers();
    await plane.startWorkers();
    await until('another worker goes on', () => script.count('copyTables') === 2);
    script.finish('copyTables');
    expect(await change.result()).toMatchObject({ state: 'completed' });
    const { events = [] } = await change.handle.fetchHistory();
    const attempts = (events ?? []).flatMap((event) => event.activityTaskStartedEventAttributes?.attempt ?? []);
    expect(attempts.every((attempt) => attempt === 1)).toBe(true);
  });

  it('a fault that may pass is tried again without end, and the plan of a fault that stays fails the change', async () => {
    const { name, script } = target();
    const away = (): Error => new SternaError('connection_lost', 'broken');
    script.fail('copyTables', away, away).fail('cutOver', () => new SternaError('rows_differ', 'they differ'));
    const change = await plane.begin({ target: name, options: { autoApply: true } });
    expect(await changeFailure(change)).toMatchObject({ type: 'rows_differ', message: 'they differ' });
    expect(script.count('copyTables')).toBe(3);
    expect(script.story.at(-1), 'E7').toBe('cleanUp');
    expect((await change.status()).lastError).toEqual({ code: 'rows_differ', message: 'they differ' });
  });

  it('a clean-up that fails for good does not hide why the change failed (E7)', async () => {
    const { name, script } = target();
    script
      .fail('copyTables', () => new SternaError('row_does_not_fit', 'too long'))
      .fail('cleanUp', () => new SternaError('missing_privilege', 'GRANT DROP'));
    const change = await plane.begin({ target: name, options: { autoApply: true } });
    expect(await changeFailure(change)).toMatchObject({ type: 'row_does_not_fit' });
    expect((await change.events()).events.at(-1)).toMatchObject({
      what: 'cleanUp',
      detail: expect.stringContaining('GRANT DROP'),
    });
  });

  it('rows reach the watcher by milestones and heartbeats; reading the status changes nothing (C6)', async () => {
    const { change, script } = await copying();
    await until('the first milestone is there', async () => (await change.status()).tasks[0]?.phase === 'copying');
    const before = await change.handle.fetchHistory();
    for (let i = 0; i < 5; i += 1) await change.status();
    const after = await change.handle.fetchHistory();
    expect(after.events?.length).toBe(before.events?.length);
    expect((await change.handle.describe()).raw.pendingActivities?.[0]?.heartbeatDetails?.payloads).toHaveLength(1);
    script.finish('copyTables');
    await change.result();
  });
});

describe('controls during the cutover', () => {
  async function cuttingOver(): Promise<{ change: TestChange; script: ScriptedTarget }> {
    const { name, script } = target();
    script.hold('cutOver');
    const change = await plane.begin({ target: name, options: { autoApply: true } });
    await until('the cutover runs', () => script.count('cutOver') > 0);
    await change.reaches('cutting_over');
    return { change, script };
  }

  it('a stop before the swap is accepted, and no swap happens until the resume (C2)', async () => {
    const { change, script } = await cuttingOver();
    expect(await change.send('stop')).toMatchObject({ already: false });
    await change.reaches('stopped');
    expect(script.swapped.size).toBe(0);
    expect(script.count('cutOver')).toBe(1);
    await change.send('resume');
    await until('the cutover goes on', () => script.count('cutOver') === 2);
    script.finish('cutOver');
    expect(await change.result()).toMatchObject({ state: 'completed' });
  });

  it('a stop after the swap is refused and changes nothing (C2, C3)', async () => {
    const { change, script } = await cuttingOver();
    script.deaf = true;
    script.swapped.add('shop.a');
    const failure = await updateFailure(change.send('stop'));
    expect(failure).toMatchObject({ type: 'control_refused', message: expect.stringContaining('swapped already') });
    script.finish('cutOver');
    expect(await change.result()).toMatchObject({ state: 'completed' });
    expect((await change.events()).events).toContainEqual(
      expect.objectContaining({ what: 'stop', outcome: 'refused' }),
    );
  });

  it('a stop that the swap overtakes is refused, not answered with a promise that is broken (C2)', async () => {
    const { change, script } = await cuttingOver();
    script.deaf = true;
    // As with the table locks of the engine: the control is written when the swap is done.
    script.beforeControl = async () => {
      script.finish('cutOver');
      await until('the swap is done', () => script.swapped.has('shop.a'));
    };
    expect(await updateFailure(change.send('stop'))).toMatchObject({ type: 'control_refused' });
    expect(await change.result()).toMatchObject({ state: 'completed' });
  });

  it('a native cancel that comes while a stop is undecided does not leave it so (S3)', async () => {
    const { change, script } = await cuttingOver();
    script.deaf = true;
    let cancelled: Promise<unknown> | undefined;
    script.beforeControl = async () => {
      cancelled ??= change.handle.cancel();
      await cancelled;
    };
    expect(await change.send('stop')).toMatchObject({ already: false });
    script.deaf = false;
    await endsCancelled(change);
    expect(script.swapped.size).toBe(0);
  });

  it('a stop whose fate cannot be established is refused (C2)', async () => {
    const { change, script } = await cuttingOver();
    script.fail('writeControl', () => new SternaError('missing_privilege', 'GRANT UPDATE'));
    expect(await updateFailure(change.send('stop'))).toMatchObject({ type: 'control_refused' });
    script.finish('cutOver');
    expect(await change.result()).toMatchObject({ state: 'completed' });
  });

  it('a cancel is refused; a native one before the swap is honoured', async () => {
    const { change, script } = await cuttingOver();
    expect(await updateFailure(change.send('cancel'))).toMatchObject({ type: 'control_refused' });
    await change.handle.cancel();
    await endsCancelled(change);
    expect(script.swapped.size).toBe(0);
    expect(script.story.at(-1)).toBe('cleanUp');
  });

  it('a native cancel after the swap comes too late: the change is completed', async () => {
    const { change, script } = await cuttingOver();
    script.deaf = true;
    script.finish('cutOver');
    await until('the swap is done', () => script.swapped.has('shop.a'));
    await change.handle.cancel();
    expect(await change.result()).toMatchObject({ state: 'completed' });
  });
});

describe('two changes on one target', () => {
  it('the second is refused, naming the holder, and never touches the target', async () => {
    const { name, script } = target();
    script.hold('copyTables');
    const first = await plane.begin({ target: name, options: { autoApply: true } });
    await until('the first copies', () => script.count('copyTables') > 0);
    const second = await plane.begin({ target: name, options: { autoApply: true } });
    expect(await changeFailure(second)).toMatchObject({
      type: 'target_held',
      message: expect.stringContaining(first.id),
    });
    expect((await second.status()).state).toBe('failed');
    script.finish('copyTables');
    await first.result();
    expect(script.count('cleanUp')).toBe(1);
  });

  it('one that queues waits, says for whom, and goes on when the target is free', async () => {
    const { name, script } = target();
    script.hold('copyTables');
    const first = await plane.begin({ target: name, options: { autoApply: true } });
    await until('the first copies', () => script.count('copyTables') > 0);
    const second = await plane.begin({ target: name, options: { autoApply: true, onConflict: 'queue' } });
    await until('it says for whom', async () => (await second.status()).waitingFor?.includes(first.id));
    expect(await second.status()).toMatchObject({ state: 'queued' });
    const before = (await second.handle.fetchHistory()).events?.length;
    await second.send('stop');
    await second.reaches('stopped');
    await second.send('resume');
    await second.reaches('queued');
    script.finish('copyTables');
    await first.result();
    const freed = performance.now();
    expect(await second.result()).toMatchObject({ state: 'completed' });
    expect(performance.now() - freed).toBeLessThan(10_000);
    expect(before, 'waiting costs no history').toBeLessThan(60);
  });

  it('a queued one can be cancelled while it waits', async () => {
    const { name, script } = target();
    script.hold('copyTables');
    const first = await plane.begin({ target: name, options: { autoApply: true } });
    await until('the first copies', () => script.count('copyTables') > 0);
    const second = await plane.begin({ target: name, options: { autoApply: true, onConflict: 'queue' } });
    await second.reaches('queued');
    await second.send('cancel');
    await endsCancelled(second);
    script.finish('copyTables');
    await first.result();
  });

  it('a holder that is terminated frees the target (S3)', async () => {
    const { name, script } = target();
    script.hold('copyTables');
    const first = await plane.begin({ target: name, options: { autoApply: true } });
    await until('the first copies', () => script.count('copyTables') > 0);
    await first.handle.terminate('test');
    script.finish('copyTables');
    const second = await plane.begin({ target: name, options: { autoApply: true, onConflict: 'queue' } });
    expect(await second.result()).toMatchObject({ state: 'completed' });
  });
});

describe('planning', () => {
  it('gives up on a server that stays away, with its code', async () => {
    const { name, script } = target();
    script.fail('plan', ...Array.from({ length: 9 }, () => () => new SternaError('server_unreachable', 'no answer')));
    const change = await plane.begin({ target: name });
    expect(await changeFailure(change)).toMatchObject({ type: 'server_unreachable' });
    expect(script.count('plan')).toBe(5);
    expect(await change.status()).toMatchObject({ state: 'failed', lastError: { code: 'server_unreachable' } });
  });

  it('can be cancelled at once', async () => {
    const { name, script } = target();
    script.hold('plan');
    const change = await plane.begin({ target: name });
    await until('planning runs', () => script.count('plan') > 0);
    await change.send('cancel');
    await endsCancelled(change);
    script.finish('plan');
  });

  it('goes on in another worker without spending an attempt (S4)', async () => {
    const { name, script } = target();
    script.hold('plan');
    const change = await plane.begin({ target: name, options: { autoApply: true } });
    await until('planning runs', () => script.count('plan') > 0);
    await plane.stopWorkers();
    await plane.startWorkers();
    await until('planning runs again', () => script.count('plan') > 1);
    script.finish('plan');
    expect(await change.result()).toMatchObject({ state: 'completed' });
    const { events } = await change.handle.fetchHistory();
    expect(events?.some((event) => (event.activityTaskStartedEventAttributes?.attempt ?? 1) > 1)).toBe(false);
  });

  it('an unknown target fails with its code', async () => {
    const change = await plane.begin({ target: `nobody-${plane.name}` });
    expect(await changeFailure(change)).toMatchObject({ type: 'target_unknown' });
  });

  it('an input with mistakes fails with all of them, and the status still answers', async () => {
    const change = await plane.begin({ target: 'shop', options: { volume: 99, autoaply: true } as never });
    const failure = await changeFailure(change);
    expect(failure).toMatchObject({ type: 'input_invalid' });
    expect(failure.message).toMatch(/autoaply.*volume/);
    expect(await change.status()).toMatchObject({ state: 'failed', lastError: { code: 'input_invalid' } });
  });
});

describe('messages in Temporal', () => {
  it('are all registered, as updates and as signals, with what to send', async () => {
    const { name } = target();
    const change = await plane.begin({ target: name });
    await change.reaches('planned');
    const { definition, currentDetails } = await change.handle.query<{
      currentDetails: string;
      definition: Record<
        'queryDefinitions' | 'signalDefinitions' | 'updateDefinitions',
        { name: string; description: string }[]
      >;
    }>('__temporal_workflow_metadata');
    const names = ['apply', 'cancel', 'cutover', 'finalize', 'resume', 'revert', 'setVolume', 'stop'];
    expect(definition.updateDefinitions.map((each) => each.name).sort()).toEqual(names);
    expect(definition.signalDefinitions.map((each) => each.name).sort()).toEqual([...names, 'sterna_milestone'].sort());
    for (const { description } of definition.updateDefinitions) expect(description).toMatch(/\{"caller": "you"/);
    expect(definition.queryDefinitions.map((each) => each.name)).toEqual(
      expect.arrayContaining(['status', 'plan', 'events']),
    );
    expect(currentDetails).toContain('| shop.a | copy | planned |');
    expect(currentDetails).toContain('ALTER TABLE `a` ADD COLUMN');
    expect(currentDetails).toContain('Accepted now: `apply`');
    await change.send('cancel');
    await endsCancelled(change);
  });

  it('that are refused change nothing and are told to the sender; signals are recorded (C3)', async () => {
    const { name } = target();
    const change = await plane.begin({ target: name });
    await change.reaches('planned');
    const failure = await updateFailure(change.send('resume'));
    expect(failure).toMatchObject({ type: 'control_refused' });
    expect(failure.message).toMatch(/the change is planned.*What fits now: apply, cancel/);
    await change.handle.signal('setVolume', { volume: 3 });
    await until('the refusal is recorded', async () =>
      (await change.events()).events.some((event) => event.what === 'setVolume'),
    );
    expect((await change.events()).events.at(-1)).toMatchObject({ what: 'setVolume', outcome: 'refused' });
    expect((await change.status()).options.volume).toBe(5);
    await change.send('cancel');
    await endsCancelled(change);
  });
});

describe('reads', () => {
  it('pull gives files per namespace', async () => {
    const { name } = target();
    const answer = await plane.client.workflow.execute('pullSchema', {
      taskQueue: plane.name,
      workflowId: `pull/${name}`,
      args: [{ target: name, environment: 'test' }],
    });
    expect(answer).toEqual({ schema: { shop: { 'a.sql': 'CREATE TABLE `a` (`id` int)' } } });
  });

  it('a probe says for each target whether it answers, and one that does not is no failure of the others', async () => {
    const one = target();
    const two = target();
    two.script.fail('probe', () => new SternaError('access_denied', 'refused'));
    const answer = (await plane.client.workflow.execute('probeTargets', {
      taskQueue: plane.name,
      workflowId: `probe/${plane.name}`,
      args: [{ targets: [one.name, two.name] }],
    })) as { results: object[] };
    expect(answer.results).toEqual([
      { target: one.name, environment: 'test', ok: true, serverVersion: '9.7.4', writable: true, milliseconds: 1 },
      { target: two.name, environment: 'test', ok: false, error: { code: 'access_denied', message: 'refused' } },
    ]);
  });
});
