import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { entryFor, TestDataPlane } from '../support/data-plane.js';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace } from '../support/namespace.js';
import { testServers } from '../support/servers.js';
import { until } from '../support/until.js';

let plane: TestDataPlane;
let connection: Connection;
const spaces: TestNamespace[] = [];
beforeAll(async () => {
  for (const label of ['holds', 'waits']) spaces.push(await TestNamespace.create(label));
  plane = await TestDataPlane.create('waiting', spaces.map(({ name }) => entryFor(name)).join(''));
  connection = await Connection.connect({ address: testServers().temporalAddress });
  await plane.startWorker({ STERNA_MAX_CLIENTS: '1' });
});
afterAll(async () => {
  await plane.stopWorkers();
  await plane[Symbol.asyncDispose]();
  await connection.close();
  for (const space of spaces) await space.drop();
});

it('a change that waits for a client of its worker says so, lives, and can be stopped (C1, S3)', async () => {
  const [holds, waits] = spaces as [TestNamespace, TestNamespace];
  const begin = async (space: TestNamespace, options: object): Promise<string> => {
    await space.query('CREATE TABLE t (id INT PRIMARY KEY)');
    const statements = { [space.name]: ['ALTER TABLE t MODIFY id BIGINT NOT NULL'] };
    return plane.client.start({ target: space.name, environment: 'test', statements, options });
  };
  const { client } = plane;
  const second = await begin(waits, {});
  await until('it is planned', async () => (await client.status(second)).state === 'planned');
  const first = await begin(holds, { autoApply: true, deferCutover: true });
  await until('the only client is held', async () => (await client.status(first)).tasks[0]?.phase === 'holding');

  await client.send(second, 'apply', { caller: 'test' });
  await until('it says what it waits for', async () =>
    /maxClients/.test((await client.status(second)).tasks[0]?.progress?.waitingFor ?? ''),
  );
  const pending = async (): Promise<{ attempt: number; beat: number } | undefined> => {
    const { raw } = await new Client({ connection }).workflow.getHandle(second).describe();
    const [activity] = raw.pendingActivities ?? [];
    return activity && { attempt: Number(activity.attempt), beat: Number(activity.lastHeartbeatTime?.seconds ?? 0) };
  };
  const before = await pending();
  await until('it gives signs of life', async () => Number((await pending())?.beat) > Number(before?.beat));
  expect((await pending())?.attempt).toBe(1);

  await client.send(second, 'stop', { caller: 'test' });
  await until('it is stopped', async () => (await client.status(second)).state === 'stopped');
  await client.send(second, 'resume', { caller: 'test' });
  await client.send(first, 'cutover', { caller: 'test' });
  for (const id of [first, second]) expect((await client.result(id)).state).toBe('completed');
  await expectNoLeaks({ namespaces: spaces, taskQueues: [plane.name] });
}, 120_000);
