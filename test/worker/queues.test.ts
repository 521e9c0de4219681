import { Client, Connection } from '@temporalio/client';
import { expect, it } from 'vitest';
import { QUEUES } from '../../src/worker/options.js';
import { TestDataPlane } from '../support/data-plane.js';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace } from '../support/namespace.js';
import { fill, PLAIN_TABLE } from '../support/online-change.js';
import { testServers } from '../support/servers.js';
import { until } from '../support/until.js';

/** Process that took each activity, by queue. */
async function takenBy(id: string): Promise<Record<string, Set<number>>> {
  const connection = await Connection.connect({ address: testServers().temporalAddress });
  try {
    const { events } = await new Client({ connection }).workflow.getHandle(id).fetchHistory();
    const queues = new Map<string, string>();
    const taken: Record<string, Set<number>> = {};
    for (const {
      eventId,
      activityTaskScheduledEventAttributes: asked,
      activityTaskStartedEventAttributes: begun,
    } of events ?? []) {
      if (asked) queues.set(String(eventId), asked.taskQueue?.name ?? '');
      if (begun) {
        const queue = queues.get(String(begun.scheduledEventId)) ?? '';
        (taken[queue] ??= new Set()).add(Number.parseInt(begun.identity ?? ''));
      }
    }
    return taken;
  } finally {
    await connection.close();
  }
}

it('a change runs through workers that serve one part of the queues each, and each part drains by itself (S4)', async () => {
  await using space = await TestNamespace.create('queues');
  await space.query(PLAIN_TABLE);
  await fill(space, 't', 500);
  await using plane = await TestDataPlane.create('queues');
  const start = (column: string): Promise<string> =>
    plane.client.start({
      target: plane.target,
      environment: 'test',
      statements: { [space.name]: [`ALTER TABLE t MODIFY note ${column} NOT NULL`] },
      options: { autoApply: true, deferCutover: true },
      caller: 'test',
    });
  const steering = await plane.startWorker({ STERNA_QUEUES: 'main,control' });
  const copying = await plane.startWorker({ STERNA_QUEUES: 'copy' });
  const id = await start('TEXT');
  await until('it waits for the cutover', async () => (await plane.client.status(id)).state === 'waiting_for_cutover');

  await copying.kill('SIGTERM');
  expect(copying.exitCode).toBe(0);
  const next = await plane.startWorker({ STERNA_QUEUES: 'copy' });
  await plane.client.send(id, 'cutover', { caller: 'test' });
  expect(await plane.client.result(id)).toMatchObject({ state: 'completed' });
  expect(await takenBy(id)).toEqual({
    [plane.name]: new Set([steering.pid]),
    [`${plane.name}.control`]: new Set([steering.pid]),
    [`${plane.name}.copy`]: new Set([copying.pid, next.pid]),
  });

  await expectNoLeaks({ namespaces: [space], taskQueues: [plane.name] });
  await steering.kill('SIGTERM');
  expect(steering.exitCode).toBe(0);
});

it('a worker of one queue alone ends in order, whichever it is', async () => {
  await using plane = await TestDataPlane.create('queues');
  const workers = await Promise.all(QUEUES.map((queue) => plane.startWorker({ STERNA_QUEUES: queue })));
  expect(await plane.client.probe({ targets: [plane.target] })).toMatchObject({ results: [{ ok: true }] });
  await Promise.all(workers.map((worker) => worker.kill('SIGTERM')));
  expect(workers.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
});
