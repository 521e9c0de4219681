import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { SternaError, type StepInput } from '../../src/contract/index.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { TestDataPlane } from './data-plane.js';
import { changeFailure, endsCancelled, updateFailure } from './expectations.js';
import { blocked, plan, PLAN_HASH, plannedTask, unsafe } from './plans.js';

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

describe('a change from plan to end', () => {
  it('runs each task in its turn, through its own cutover, and cleans up', async () => {
    const { name, script } = plane.target(
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
      'claimTarget shop.new',
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
    const { name, script } = plane.target();
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
    const { name, script } = plane.target();
    script.made = plan([], name);
    const change = await plane.begin({ target: name });
    expect(await change.result()).toMatchObject({ state: 'completed', noChanges: true, tasks: [] });
    expect(script.story).toEqual(['plan']);
  });

  it('that nobody applies expires (S3)', async () => {
    const { name } = plane.target();
    const change = await plane.begin({ target: name, options: { planTtl: '1s' } });
    expect(await change.result()).toMatchObject({ state: 'expired' });
  });

  it('shows itself by search attributes', async () => {
    const { name } = plane.target();
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
    const { name, script } = plane.target(...tasks());
    const change = await plane.begin({ target: name, options: { autoApply: true, deferCutover: true } });
    const waiting = await change.reaches('waiting_for_cutover');
    expect(waiting).toMatchObject({ waitingFor: 'cutover' });
    expect(waiting.controls).toEqual(expect.arrayContaining(['cutover', 'stop', 'cancel', 'setVolume']));
    await until('the tables are held', () => script.count('holdTables') > 0);
    expect(script.story).toEqual([
      'plan',
      'claimTarget shop.new',
      'runStatements shop.new',
      'prepareTables shop.a shop.b',
      'copyTables shop.a shop.b',
      'holdTables shop.a shop.b',
    ]);
    await change.send('cutover');
    expect(await change.result()).toMatchObject({ state: 'completed' });
    expect(script.story.filter((line) => !line.startsWith('writeControl')).slice(6)).toEqual([
      'cutOver shop.a shop.b',
      'runStatements shop.quick',
      'runStatements shop.gone',
      'cleanUp',
    ]);
  });

  it('without a copy waits in the workflow, can be stopped there, and changes nothing before it is asked', async () => {
    const { name, script } = plane.target(plannedTask('quick', { execution: 'instant' }));
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
    expect(script.story).toEqual(['plan', 'claimTarget shop.quick', 'runStatements shop.quick']); // which leaves nothing (E7)
  });

  it('no control is on its way when the clean-up begins: it would bring the state table back (E7)', async () => {
    const { name, script } = plane.target();
    script.hold('copyTables');
    const change = await plane.begin({ target: name, options: { autoApply: true } });
    await until('it copies', () => script.count('copyTables') > 0);
    let cleaned: number | undefined;
    script.beforeControl = async () => {
      script.finish('copyTables');
      await until('the tables are swapped', () => script.swapped.size > 0);
      const since = performance.now();
      await until(
        'the clean-up has had its time',
        () => script.count('cleanUp') > 0 || performance.now() - since > 800,
      );
      cleaned = script.count('cleanUp');
    };
    await change.send('setVolume', { volume: 2 });
    expect(await change.result()).toMatchObject({ state: 'completed' });
    expect(cleaned).toBe(0);
    expect(script.count('cleanUp')).toBe(1);
  });

  it('a stop while the last statement runs is refused: nothing can hold it back (C2)', async () => {
    const { name, script } = plane.target(plannedTask('quick', { execution: 'instant' }));
    script.hold('runStatements');
    const change = await plane.begin({ target: name, options: { autoApply: true, deferCutover: true } });
    await change.reaches('waiting_for_cutover');
    await change.send('cutover');
    await until('the statement runs', () => script.count('runStatements') > 0);
    script.deaf = true;
    expect(await updateFailure(change.send('stop'))).toMatchObject({ type: 'control_refused' });
    script.finish('runStatements');
    expect(await change.result()).toMatchObject({ state: 'completed' });
  });

  it('a stop that is undecided when a statement ends holds the next one (C2)', async () => {
    const { name, script } = plane.target(...['a', 'b'].map((table) => plannedTask(table, { execution: 'instant' })));
    script.hold('runStatements');
    const change = await plane.begin({ target: name, options: { autoApply: true, deferCutover: true } });
    await change.reaches('waiting_for_cutover');
    await change.send('cutover');
    await until('the first statement runs', () => script.count('runStatements') > 0);
    script.deaf = true;
    script.beforeControl = async () => {
      script.finish('runStatements');
      await until('it has ended', async () => (await change.status()).tasks[0]?.state === 'completed');
    };
    expect(await change.send('stop')).toMatchObject({ already: false });
    await change.reaches('stopped');
    expect(script.count('runStatements')).toBe(1);
    await change.send('resume');
    expect(await change.result()).toMatchObject({ state: 'completed' });
  });
});

describe('consent', () => {
  it('unsafe plans are refused at the apply without consent, whoever sends it (P2)', async () => {
    const { name, script } = plane.target(unsafe('a'));
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
    const { name, script } = plane.target(unsafe('a'));
    const change = await plane.begin({ target: name, options: { autoApply: true } });
    expect(await changeFailure(change)).toMatchObject({ type: 'unsafe_not_allowed' });
    expect(script.story).toEqual(['plan']);
  });

  it('a blocked plan fails with autoApply and is refused at the apply, consent or not (P3)', async () => {
    const { name, script } = plane.target(blocked('a'));
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
    const { name } = plane.target();
    const change = await plane.begin({ target: name });
    await change.reaches('planned');
    expect(await updateFailure(change.send('apply', { planHash: 'b'.repeat(64) }))).toMatchObject({
      type: 'plan_hash_differs',
    });
    await change.send('cancel');
    await endsCancelled(change);
  });

  it('a message for another route is refused (R1)', async () => {
    const { name } = plane.target();
    const change = await plane.begin({ target: name });
    await change.reaches('planned');
    expect(await updateFailure(change.send('apply', { environment: 'production' }))).toMatchObject({
      type: 'route_mismatch',
    });
    await change.send('cancel');
    await endsCancelled(change);
  });
});

describe('planning', () => {
  it('gives up on a server that stays away, with its code', async () => {
    const { name, script } = plane.target();
    script.fail('plan', ...Array.from({ length: 9 }, () => () => new SternaError('server_unreachable', 'no answer')));
    const change = await plane.begin({ target: name });
    expect(await changeFailure(change)).toMatchObject({ type: 'server_unreachable' });
    expect(script.count('plan')).toBe(5);
    expect(await change.status()).toMatchObject({ state: 'failed', lastError: { code: 'server_unreachable' } });
  });

  it('can be cancelled at once', async () => {
    const { name, script } = plane.target();
    script.hold('plan');
    const change = await plane.begin({ target: name });
    await until('planning runs', () => script.count('plan') > 0);
    await change.send('cancel');
    await endsCancelled(change);
    script.finish('plan');
  });

  it('goes on in another worker without spending an attempt (S4)', async () => {
    const { name, script } = plane.target();
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
    const { name } = plane.target();
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
    const { name } = plane.target();
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
    const { name } = plane.target();
    const answer = await plane.client.workflow.execute('pullSchema', {
      taskQueue: plane.name,
      workflowId: `pull/${name}`,
      args: [{ target: name, environment: 'test' }],
    });
    expect(answer).toEqual({ schema: { shop: { 'a.sql': 'CREATE TABLE `a` (`id` int)' } } });
  });

  it('an undrop restores what was found, by its exact name, and is refused where nothing is kept', async () => {
    const { name, script } = plane.target();
    const undrop = (suffix: string, table = 'orders'): Promise<unknown> =>
      plane.client.workflow.execute('undropTable', {
        taskQueue: plane.name,
        workflowId: `undrop/${name}.test.${suffix}`,
        args: [{ target: name, environment: 'test', namespace: 'shop', table }],
      });
    await expect(undrop('1')).rejects.toMatchObject({ cause: { type: 'undrop_refused' } });
    await expect(undrop('2', '')).rejects.toMatchObject({ cause: { type: 'input_invalid' } });
    script.kept = '_orders_sterna_dropped_20260308101500';
    expect(await undrop('3')).toEqual({ namespace: 'shop', table: 'orders', restoredFrom: script.kept });
    expect(script.calls.at(-1)).toMatchObject({ operation: 'restoreDropped', input: { dropped: script.kept } });
  });

  it('a probe says for each target whether it answers, and one that does not is no failure of the others', async () => {
    const one = plane.target();
    const two = plane.target();
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
