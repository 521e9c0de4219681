import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { TestDataPlane } from './data-plane.js';
import { changeFailure, endsCancelled } from './expectations.js';

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

describe('two changes on one target', () => {
  it('the second is refused, naming the holder, and never touches the target', async () => {
    const { name, script } = plane.target();
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
    const { name, script } = plane.target();
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
    const { name, script } = plane.target();
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
    const { name, script } = plane.target();
    script.hold('copyTables');
    const first = await plane.begin({ target: name, options: { autoApply: true } });
    await until('the first copies', () => script.count('copyTables') > 0);
    await first.handle.terminate('test');
    script.finish('copyTables');
    const second = await plane.begin({ target: name, options: { autoApply: true, onConflict: 'queue' } });
    expect(await second.result()).toMatchObject({ state: 'completed' });
  });
});
