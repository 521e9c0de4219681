import { Client, Connection } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import type { ChangeState } from '../../src/contract/index.js';
import { TestDataPlane } from '../support/data-plane.js';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace } from '../support/namespace.js';
import { fill, PLAIN_TABLE } from '../support/online-change.js';
import { testServers } from '../support/servers.js';
import { until } from '../support/until.js';
import { Writer } from '../support/writer.js';

const SECOND = 1_000;

/** The attempts that steps needed, each number once. */
async function attempts(id: string): Promise<number[]> {
  const connection = await Connection.connect({ address: testServers().temporalAddress });
  const { events } = await new Client({ connection }).workflow.getHandle(id).fetchHistory();
  await connection.close();
  const found = (events ?? []).flatMap((event) => event.activityTaskStartedEventAttributes?.attempt ?? []);
  return [...new Set(found)];
}

describe('a worker that goes away in the revert window or during the revert', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)(
    '%s: another one goes on, and no write made since the cutover is lost (E1, E2, E4, S4)',
    { timeout: 300 * SECOND },
    async (signal) => {
      await using space = await TestNamespace.create('window');
      await space.query(PLAIN_TABLE);
      await fill(space, 't', 3_000);
      await using plane = await TestDataPlane.create('window');
      const inState = (id: string, ...states: ChangeState[]): Promise<unknown> =>
        until(`${id} is ${states.join(' or ')}`, async () => states.includes((await plane.client.status(id)).state), {
          timeoutMs: 120 * SECOND,
        });
      const writer = await Writer.start({ server: space.server, namespace: space.name, table: 't', rate: 50 });
      let worker = await plane.startWorker();
      const id = await plane.client.start({
        target: plane.target,
        environment: 'test',
        statements: { [space.name]: ['ALTER TABLE t MODIFY k BIGINT NOT NULL'] },
        options: { autoApply: true, revertWindow: '1h' },
        caller: 'test',
      });
      await inState(id, 'revert_window');
      const written = async (more: number): Promise<void> => {
        const goal = writer.acknowledged + more;
        await until('more is written', () => writer.acknowledged > goal, { timeoutMs: 60 * SECOND });
      };
      const replace = async (): Promise<void> => {
        const next = await plane.startWorker();
        await worker.kill(signal);
        worker = next;
      };
      await written(50);
      await replace();
      await written(50);
      await plane.client.send(id, 'revert', { caller: 'test' });
      await inState(id, 'reverting', 'reverted');
      await replace();
      expect(await plane.client.result(id)).toMatchObject({ state: 'reverted', tasks: [{ state: 'reverted' }] });
      if (signal === 'SIGTERM') expect(await attempts(id)).toEqual([1]);
      await writer.stop();
      expect(await writer.differences(space.connection)).toEqual([]);
      const [{ Type: type } = { Type: '' }] = await space.query<{ Type: string }>("SHOW COLUMNS FROM t LIKE 'k'");
      expect(type).toBe('int');
      await expectNoLeaks({ namespaces: [space], taskQueues: [plane.name] });
    },
  );
});
