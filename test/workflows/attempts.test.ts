import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { SternaClient } from '../../src/client/index.js';
import { SternaError } from '../../src/contract/index.js';
import type { OperationContext } from '../../src/target/index.js';
import { expectNoLeaks } from '../support/leaks.js';
import { testServers } from '../support/servers.js';
import { until } from '../support/until.js';
import { TestDataPlane } from './data-plane.js';

let plane: TestDataPlane;
beforeAll(async () => {
  plane = await TestDataPlane.start();
});
afterAll(async () => {
  await expectNoLeaks({ taskQueues: [plane.name] });
  await plane[Symbol.asyncDispose]();
});

it('an attempt that another one has replaced is told so, and so is one whose change has ended (E1, S1)', async () => {
  const { name, script } = plane.target();
  const asked: OperationContext[] = [];
  let thaw = (): void => undefined;
  const thawed = new Promise<void>((resolve) => (thaw = resolve));
  script.copyTables = async (_, context) => {
    asked.push(context);
    if (asked.length > 1) return { outcome: 'done', reports: {} };
    // As a worker that is frozen: no heartbeat, until the next attempt has begun.
    await until('another attempt has begun', () => asked.length > 1, { timeoutMs: 40_000 });
    await thawed;
    return { outcome: 'handover' };
  };
  const change = await plane.begin({ target: name, options: { autoApply: true } });
  await until('it copies', () => asked.length > 0);
  await expect(asked[0]?.confirm()).resolves.toBeUndefined();
  await until('another attempt has begun', () => asked.length > 1, { timeoutMs: 40_000 });
  await expect(asked[0]?.confirm()).rejects.toMatchObject({ code: 'driver_replaced' });
  await change.result();
  await expect(asked[1]?.confirm()).rejects.toMatchObject({ code: 'driver_replaced' });
  thaw();
});

it('a step that has to be tried again says why in the status', async () => {
  vi.stubEnv('TEMPORAL_ADDRESS', testServers().temporalAddress);
  const client = await SternaClient.connect({ dataPlane: plane.name });
  const { name, script } = plane.target();
  script.fail('copyTables', ...Array.from({ length: 3 }, () => () => new SternaError('not_the_writer', 'read-only')));
  const change = await plane.begin({ target: name, options: { autoApply: true } });
  await until(
    'it says so',
    async () => /^attempt \d after not_the_writer: read-only$/.test((await client.status(change.id)).waitingFor ?? ''),
    { intervalMs: 50 },
  );
  expect(await change.result()).toMatchObject({ state: 'completed' });
  await client.close();
});
