import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { reservationId, SternaError } from '../../src/contract/index.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { type TestChange, TestDataPlane } from './data-plane.js';
import { updateFailure } from './expectations.js';
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

const TABLE = plannedTask('a', { revertible: true });

async function begun(
  tasks = [TABLE],
  options = {},
): Promise<{ change: TestChange; script: ScriptedTarget; name: string }> {
  const { name, script } = plane.target(...tasks);
  const change = await plane.begin({ target: name, options: { autoApply: true, revertWindow: '30m', ...options } });
  return { change, script, name };
}

async function open(tasks = [TABLE], options = {}): ReturnType<typeof begun> {
  const started = await begun(tasks, options);
  await started.change.reaches('revert_window');
  await until('the guard runs', () => started.script.count('guardRevert') > 0);
  return started;
}

const notes = async (change: TestChange, what: string): Promise<(string | undefined)[]> =>
  (await change.events()).events.filter((event) => event.what === what).map(({ detail }) => detail);

describe('a revert window', () => {
  it('is guarded, holds its target and ends with a revert, which is told once (C4)', async () => {
    const { change, script, name } = await open();
    const reservation = plane.client.workflow.getHandle(
      reservationId({ target: name, environment: 'test', type: 'mysql' }),
    );
    expect((await reservation.describe()).status.name).toBe('RUNNING');
    script.hold('revertTables');
    expect(await change.send('revert', { reason: 'slow query' })).toEqual({ state: 'reverting', already: false });
    expect((await change.send('revert')).already).toBe(true);
    await until('it reverts', () => script.count('revertTables') > 0);
    expect(script.row, 'newer than what ended the guard').toMatchObject({ run: 'run', cutover: true });
    script.finish('revertTables');
    expect(await change.result()).toMatchObject({ state: 'reverted', tasks: [{ state: 'reverted' }] });
    expect(await change.temporalStatus()).toBe('COMPLETED');
    expect(script.story.filter((call) => call !== 'writeControl')).toEqual([
      'plan',
      ...['claimTarget', 'prepareTables', 'copyTables', 'cutOver', 'guardRevert', 'revertTables'].map(
        (step) => `${step} shop.a`,
      ),
      'cleanUp',
    ]);
  });

  it('ends with finalize, as a signal too, and twice is once', async () => {
    const { change, script } = await open();
    script.hold('cleanUp');
    await change.signal('finalize');
    await change.signal('finalize');
    await until('it is cleaned up', () => script.count('cleanUp') > 0);
    script.finish('cleanUp');
    expect(await change.result()).toMatchObject({ state: 'completed', tasks: [{ state: 'completed' }] });
    expect(script.count('revertTables')).toBe(0);
  });

  it('ends by itself when its time is over, without a worker that guards as well (S3)', async () => {
    const { change, script } = await begun([TABLE], { revertWindow: '2s' });
    await until('the guard runs', () => script.count('guardRevert') > 0, { timeoutMs: 20_000 });
    expect(await change.result()).toMatchObject({ state: 'completed' });
    expect(script.row.run, 'the guard was told').toBe('stop');
  });

  it('swaps all tables together, and waits for a cutover only where that was asked for', async () => {
    const tasks = [TABLE, plannedTask('b', { revertible: true }), plannedTask('c', { execution: 'instant' })];
    const { change, script } = await open(tasks);
    expect(script.story.filter((call) => /cutOver|holdTables|runStatements|guardRevert/.test(call))).toEqual([
      'cutOver shop.a shop.b',
      'runStatements shop.c',
      'guardRevert shop.a shop.b',
    ]);
    expect((await change.status()).tasks.map(({ state }) => state)).toEqual([
      'revert_window',
      'revert_window',
      'completed',
    ]);
    await change.send('revert');
    expect(await change.result()).toMatchObject({
      state: 'reverted',
      tasks: [{ state: 'reverted' }, { state: 'reverted' }, { state: 'completed' }],
    });
    const deferred = await begun([TABLE], { deferCutover: true });
    await deferred.change.reaches('waiting_for_cutover');
    await deferred.change.send('cutover');
    await deferred.change.reaches('revert_window');
    await until('the guard waits for a request of its own', () => deferred.script.count('guardRevert') === 1);
    await deferred.change.send('finalize');
    await deferred.change.result();
  });

  it('is refused where nothing could be taken back', async () => {
    const { change } = await begun([plannedTask('a', { execution: 'instant', revertible: false })]);
    await expect(change.result()).rejects.toMatchObject({ cause: { type: 'not_revertible' } });
  });

  it('goes on in another worker without spending an attempt (S4)', async () => {
    const { change, script } = await open();
    await plane.stopWorkers();
    await plane.startWorkers();
    await until('it is guarded again', () => script.count('guardRevert') === 2, { timeoutMs: 20_000 });
    await change.send('finalize');
    await change.result();
  });

  it('becomes unsafe when a row cannot go back: told, refused, and harmless', async () => {
    const { change, script } = await open();
    script.fail('guardRevert', () => new SternaError('row_does_not_fit', 'too long.'));
    await until('it is known', async () => (await change.status()).revertUnsafe !== undefined);
    expect(await change.status()).toMatchObject({
      state: 'revert_window',
      revertUnsafe: { code: 'row_does_not_fit', message: 'too long.' },
      controls: ['setVolume', 'finalize'],
    });
    expect(await notes(change, 'revert_window')).toEqual(['unsafe: row_does_not_fit: too long.']);
    expect((await updateFailure(change.send('revert'))).type).toBe('not_revertible');
    await change.signal('revert');
    await change.send('finalize');
    expect(await change.result()).toMatchObject({ state: 'completed' });
    expect(script.count('guardRevert'), 'nobody guards what cannot be used').toBe(1);
    expect(script.count('revertTables')).toBe(0);
  });

  it('is open again, at its full length, after a revert that failed: nothing is dropped meanwhile', async () => {
    const { change, script } = await open();
    script.fail('revertTables', () => new SternaError('row_does_not_fit', 'too long.'));
    await change.send('revert');
    await until('it has failed', async () => (await change.status()).revertUnsafe !== undefined);
    const { state, controls } = await change.reaches('revert_window');
    expect({ state, controls }).toEqual({ state: 'revert_window', controls: ['setVolume', 'finalize'] });
    expect(script.count('cleanUp')).toBe(0);
    await change.send('finalize');
    expect(await change.result()).toMatchObject({ state: 'completed' });
  });

  it('ends by finalize while a revert does not get its lock, and only then (S3)', async () => {
    const { change, script } = await open();
    script.hold('revertTables');
    await change.send('revert');
    await until('it reverts', () => script.count('revertTables') > 0);
    expect(await change.send('finalize')).toEqual({ state: 'reverting', already: false });
    expect(await change.result()).toMatchObject({ state: 'completed' });
    const late = await open();
    late.script.hold('revertTables');
    late.script.deaf = true; // behind its lock, which it gets
    await late.change.send('revert');
    await until('it reverts', () => late.script.count('revertTables') > 0);
    await late.change.send('finalize');
    late.script.finish('revertTables');
    expect(await late.change.result(), 'the target decides').toMatchObject({ state: 'reverted' });
  });

  it('is not ended by a native cancel, which says neither whether to keep nor to drop', async () => {
    const { change, script } = await open();
    await change.handle.cancel();
    await until('it is noted', async () => (await notes(change, 'cancel')).length > 0);
    expect((await change.status()).state).toBe('revert_window');
    await change.send('revert');
    expect(await change.result()).toMatchObject({ state: 'reverted' });
    expect(script.count('revertTables')).toBe(1);
  });
});
