import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { SternaClient } from '../../src/client/index.js';
import { reservationId, SternaError } from '../../src/contract/index.js';
import { expectNoLeaks } from '../support/leaks.js';
import { testServers } from '../support/servers.js';
import { until } from '../support/until.js';
import { type TestChange, TestDataPlane } from './data-plane.js';
import { changeFailure, endsCancelled, updateFailure } from './expectations.js';
import { plannedTask } from './plans.js';
import type { ScriptedTarget } from './scripted-target.js';

let plane: TestDataPlane;

beforeAll(async () => {
  plane = await TestDataPlane.start();
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});
afterEach(async () => {
  await expectNoLeaks({ taskQueues: [plane.name] });
});

describe('controls while a step runs', () => {
  async function copying(
    tasks = [plannedTask('a')],
    options = {},
  ): Promise<{ change: TestChange; script: ScriptedTarget; name: string }> {
    const { name, script } = plane.target(...tasks);
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

  it('a stop tells until when it can be resumed, warns in time, and forgets it with the resume', async () => {
    const { change, script } = await copying();
    const HOUR = 3_600_000;
    script.resumeBefore = new Date(Date.now() + HOUR + 3_000).toISOString();
    await change.send('stop');
    await change.reaches('stopped');
    expect(await change.status()).toMatchObject({
      waitingFor: `resume before ${script.resumeBefore}`,
      resumeBefore: script.resumeBefore,
    });
    const warnings = async (): Promise<string[]> =>
      (await change.events()).events.filter(({ what }) => what === 'deadline').map(({ detail }) => detail ?? '');
    await until('an hour before, people are warned', async () => (await warnings()).length === 1);
    expect((await warnings())[0]).toContain(`resume before ${script.resumeBefore}`);
    await change.send('resume');
    await until('it goes on', () => script.count('copyTables') === 2);
    expect(await change.status()).not.toHaveProperty('resumeBefore');
    script.resumeBefore = new Date(Date.now() + HOUR / 2).toISOString();
    await change.send('stop');
    await change.reaches('stopped');
    expect(await warnings(), 'too short from the start: at once').toHaveLength(2);
    await change.send('resume');
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

  it('a step that a closing router gives back goes on elsewhere, which spends no attempt (S4)', async () => {
    const { name, script } = plane.target();
    script.fail('copyTables', () => new SternaError('router_closed', 'closed'));
    const change = await plane.begin({ target: name, options: { autoApply: true } });
    expect(await change.result()).toMatchObject({ state: 'completed' });
    expect(script.count('copyTables')).toBe(2);
  });

  it('a fault that may pass is tried again without end, and the plan of a fault that stays fails the change', async () => {
    const { name, script } = plane.target();
    const away = (): Error => new SternaError('connection_lost', 'broken');
    script.fail('copyTables', away, away).fail('cutOver', () => new SternaError('rows_differ', 'they differ'));
    const change = await plane.begin({ target: name, options: { autoApply: true } });
    expect(await changeFailure(change)).toMatchObject({ type: 'rows_differ', message: 'they differ' });
    expect(script.count('copyTables')).toBe(3);
    expect(script.story.at(-1), 'E7').toBe('cleanUp');
    expect((await change.status()).lastError).toEqual({ code: 'rows_differ', message: 'they differ' });
  });

  it('a clean-up that fails for good does not hide why the change failed (E7)', async () => {
    const { name, script } = plane.target();
    script
      .fail('copyTables', () => new SternaError('row_does_not_fit', 'too long'))
      .fail('cleanUp', () => new SternaError('missing_privilege', 'GRANT DROP'));
    const change = await plane.begin({ target: name, options: { autoApply: true } });
    expect(await changeFailure(change)).toMatchObject({ type: 'row_does_not_fit' });
    expect((await change.events()).events.find(({ what }) => what === 'cleanUp')).toMatchObject({
      detail: expect.stringContaining('GRANT DROP'),
    });
  });

  it('a change that is being cleaned up has not ended: it holds its target, and no control fits any more (C3, E7)', async () => {
    const { name, script } = plane.target();
    script.hold('cleanUp');
    const change = await plane.begin({ target: name, options: { autoApply: true } });
    await until('it is cleaned up', () => script.count('cleanUp') > 0);
    expect(await change.status()).toMatchObject({
      state: 'running',
      waitingFor: 'the clean-up of the target',
      controls: [],
      tasks: [{ state: 'completed' }],
    });
    expect(await updateFailure(change.send('stop'))).toMatchObject({
      type: 'control_refused',
      message: expect.stringContaining('nothing but its clean-up is left') as string,
    });
    const next = await plane.begin({ target: name, options: { autoApply: true } });
    expect(await changeFailure(next)).toMatchObject({ type: 'target_held' });
    script.finish('cleanUp');
    expect(await change.result()).toMatchObject({ state: 'completed' });
  });

  it('the last statement takes the state of the change with it, unless a control may bring it back (E7)', async () => {
    const { name, script } = plane.target(plannedTask('quick', { execution: 'instant' }));
    const quiet = await plane.begin({ target: name, options: { autoApply: true } });
    await quiet.result();
    expect(script.calls.at(-1)).toMatchObject({ operation: 'runStatements', input: { last: true } });
    script.hold('runStatements');
    const steered = await plane.begin({ target: name, options: { autoApply: true } });
    await until('it runs', () => script.count('runStatements') > 1);
    await steered.send('setVolume', { volume: 2 });
    script.finish('runStatements');
    await steered.result();
    expect(script.count('cleanUp')).toBe(1);
  });

  it('rows reach the watcher by milestones and heartbeats; reading the status changes nothing (C6)', async () => {
    const { change, script } = await copying();
    await until('the first milestone is there', async () => (await change.status()).tasks[0]?.phase === 'copying');
    vi.stubEnv('TEMPORAL_ADDRESS', testServers().temporalAddress);
    const client = await SternaClient.connect({ dataPlane: plane.name });
    const before = await change.handle.fetchHistory();
    for (let i = 0; i < 5; i += 1) expect((await client.status(change.id)).tasks[0]?.progress?.rows).toBe(0);
    await client.close();
    const after = await change.handle.fetchHistory();
    expect(after.events?.length).toBe(before.events?.length);
    expect((await change.handle.describe()).raw.pendingActivities?.[0]?.heartbeatDetails?.payloads).toHaveLength(1);
    script.finish('copyTables');
    await change.result();
  });
});

describe('controls during the cutover', () => {
  async function cuttingOver(): Promise<{ change: TestChange; script: ScriptedTarget }> {
    const { name, script } = plane.target();
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
