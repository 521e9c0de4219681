import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import type { ChangeState } from '../../src/contract/index.js';
import { TestDataPlane } from '../support/data-plane.js';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace } from '../support/namespace.js';
import { fill, PLAIN_TABLE } from '../support/online-change.js';
import { mulberry32, testSeed } from '../support/random.js';
import { testServers } from '../support/servers.js';
import { until } from '../support/until.js';
import { Writer } from '../support/writer.js';

const SECOND = 1_000;

async function inState(plane: TestDataPlane, id: string, ...states: ChangeState[]): Promise<ChangeState> {
  return until(
    `${id} is ${states.join(' or ')}`,
    async () => {
      const { state } = await plane.client.status(id);
      return states.includes(state) && state;
    },
    { timeoutMs: 90 * SECOND },
  );
}

async function withHandle<T>(id: string, work: (handle: WorkflowHandle) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: testServers().temporalAddress });
  try {
    return await work(new Client({ connection }).workflow.getHandle(id));
  } finally {
    await connection.close();
  }
}

/** The attempts that steps needed, each number once. */
async function attempts(id: string): Promise<number[]> {
  const { events } = await withHandle(id, (handle) => handle.fetchHistory());
  const found = (events ?? []).flatMap((event) => event.activityTaskStartedEventAttributes?.attempt ?? []);
  return [...new Set(found)];
}

async function shadowRows(space: TestNamespace): Promise<number> {
  if (!(await space.tables()).includes('_t_sterna_new')) return 0;
  return Number((await space.query<{ n: string }>('SELECT COUNT(*) AS n FROM `_t_sterna_new`'))[0]?.n);
}

describe('workers that go away', () => {
  it(
    'SIGTERM hands the copy over at once, at the first attempt, without losing a write (S4, E2)',
    { timeout: 120 * SECOND },
    async () => {
      await using space = await TestNamespace.create('drain');
      await space.query(PLAIN_TABLE);
      await fill(space, 't', 60_000);
      await using plane = await TestDataPlane.create('drain');
      const first = await plane.startWorker();
      const writer = await Writer.start({ server: space.server, namespace: space.name, table: 't', rate: 150 });
      const id = await plane.client.start({
        target: plane.target,
        environment: 'test',
        statements: { [space.name]: ['ALTER TABLE t MODIFY k BIGINT NOT NULL'] },
        options: { autoApply: true, volume: 1 },
        caller: 'test',
      });
      await until('it copies', async () => (await shadowRows(space)) > 2_000, { intervalMs: 20 });
      await plane.startWorker();
      await first.kill('SIGTERM');
      const kept = await shadowRows(space);
      await until('another worker goes on', async () => (await shadowRows(space)) > kept + 500, { intervalMs: 10 });
      await plane.client.send(id, 'setVolume', { caller: 'test', volume: 11 });
      expect(await plane.client.result(id)).toMatchObject({ state: 'completed' });
      expect(await attempts(id)).toEqual([1]);
      await writer.stop();
      expect(await writer.differences(space.connection)).toEqual([]);
      await expectNoLeaks({ namespaces: [space], taskQueues: [plane.name] });
    },
  );

  it(
    'SIGKILL in any phase, again and again, loses no write and undoes none (E1, E2, E4)',
    { timeout: 300 * SECOND },
    async () => {
      await using space = await TestNamespace.create('kills');
      await space.query(PLAIN_TABLE);
      await fill(space, 't', 40_000);
      await using plane = await TestDataPlane.create('kills');
      const seed = testSeed();
      const random = mulberry32(seed);
      const writer = await Writer.start({ server: space.server, namespace: space.name, table: 't', rate: 150, seed });
      let worker = await plane.startWorker();
      const id = await plane.client.start({
        target: plane.target,
        environment: 'test',
        statements: { [space.name]: ['ALTER TABLE t MODIFY k BIGINT NOT NULL'] },
        options: { autoApply: true, deferCutover: true, volume: 5 },
        caller: 'test',
      });
      for (let kills = 0; kills < 3; kills += 1) {
        const goal = Math.floor(random() * 40_000);
        await until(
          'it has come further',
          async () =>
            (await shadowRows(space)) >= goal || (await plane.client.status(id)).state === 'waiting_for_cutover',
          { intervalMs: 10, timeoutMs: 60 * SECOND },
        );
        await worker.kill('SIGKILL');
        worker = await plane.startWorker();
      }
      await inState(plane, id, 'waiting_for_cutover');
      // And in the middle of the cutover: whatever it had done by then, the next driver decides from the target (E5).
      await plane.client.send(id, 'cutover', { caller: 'test' });
      await inState(plane, id, 'cutting_over', 'completed');
      await worker.kill('SIGKILL');
      await plane.startWorker();
      expect(await plane.client.result(id)).toMatchObject({ state: 'completed' });
      await writer.stop();
      expect(writer.acknowledged).toBeGreaterThan(1_000);
      expect(await writer.differences(space.connection)).toEqual([]);
      await expectNoLeaks({ namespaces: [space], taskQueues: [plane.name] });
    },
  );

  it(
    'none at all: a stop signal waits for the next worker, which does not copy a row more (C1, C5)',
    { timeout: 120 * SECOND },
    async () => {
      await using space = await TestNamespace.create('absent');
      await space.query(PLAIN_TABLE);
      await fill(space, 't', 40_000);
      await using plane = await TestDataPlane.create('absent');
      const worker = await plane.startWorker();
      const id = await plane.client.start({
        target: plane.target,
        environment: 'test',
        statements: { [space.name]: ['ALTER TABLE t MODIFY k BIGINT NOT NULL'] },
        options: { autoApply: true, volume: 3 },
        caller: 'test',
      });
      await until('it copies', async () => (await shadowRows(space)) > 2_000, { intervalMs: 20 });
      await worker.kill('SIGKILL');
      await withHandle(id, (handle) => handle.signal('stop', { caller: 'test' }));
      const before = await shadowRows(space);
      await plane.startWorker();
      await inState(plane, id, 'stopped');
      expect(await shadowRows(space)).toBeLessThanOrEqual(before);
      await plane.client.send(id, 'cancel', { caller: 'test' });
      await expect(plane.client.result(id)).rejects.toThrow();
      expect(await space.tables()).toEqual(['t']);
      await expectNoLeaks({ namespaces: [space], taskQueues: [plane.name] });
    },
  );
});
