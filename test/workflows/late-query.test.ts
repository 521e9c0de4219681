import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SternaClient } from '../../src/client/index.js';
import { SternaError } from '../../src/contract/index.js';
import { observerSinks } from '../../src/worker/observers.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { TestDataPlane } from './data-plane.js';
import { plannedTask } from './plans.js';

const CHANGES = 4;
const QUERIES = 3;

let plane: TestDataPlane;
beforeAll(async () => {
  plane = await TestDataPlane.start();
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});

/** Asked again, as `worker_missing` says: a busy worker may take longer than a client waits for it. */
async function answered<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof SternaError && error.code === 'worker_missing')) throw error;
    }
  }
}

it('questions and messages that waited for a worker are answered, and leave a history that can be replayed (S4)', async () => {
  const all = await Promise.all(
    Array.from({ length: CHANGES }, async () => {
      const { name, script } = plane.target(plannedTask('a'));
      script.hold('copyTables').hold('cutOver');
      const change = await plane.begin({ target: name, options: { autoApply: true } });
      await until('the copy runs', () => script.count('copyTables') > 0);
      return { script, change };
    }),
  );
  await plane.stopWorkflows();
  await using client = await SternaClient.connect({ dataPlane: plane.name });
  const asked = all.flatMap(({ change }) =>
    Array.from({ length: QUERIES }, () => answered(() => client.status(change.id))),
  );
  for (const { script, change } of all) {
    script.finish('copyTables');
    await until('the copy has ended', async () => (await change.handle.describe()).raw.pendingActivities?.length === 0);
  }
  const sent = all.map(({ change }) =>
    answered(() => client.send(change.id, 'setVolume', { caller: 'test', volume: 3 })),
  );
  await plane.stopWorkers();
  await plane.startWorkers();
  expect((await Promise.all(asked)).map(({ tasks }) => tasks.length)).toEqual(asked.map(() => 1));
  await Promise.all(sent);
  for (const { script, change } of all) {
    expect((await answered(() => client.status(change.id))).options.volume).toBe(3);
    script.finish('cutOver');
    expect(await change.result()).toMatchObject({ state: 'completed' });
    const replays = Worker.runReplayHistories({ workflowBundle: plane.bundle, sinks: observerSinks() }, [
      { workflowId: change.id, history: await change.handle.fetchHistory() },
    ]);
    for await (const { error } of replays) expect(error).toBeUndefined();
  }
  await expectNoLeaks({ taskQueues: [plane.name] });
});
