import path from 'node:path';
import { expect, it, vi } from 'vitest';
import { type ChangeObserver, createLogger, resolveWorkerOptions, SternaWorker } from '../../src/worker/index.js';
import { ROOT } from '../../tools/dev/paths.js';
import { TestDataPlane } from '../support/data-plane.js';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace } from '../support/namespace.js';
import { fill, PLAIN_TABLE } from '../support/online-change.js';
import { until } from '../support/until.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

const fault = (): never => {
  throw new Error('a fault of the observer');
};

it('a worker tells a webhook and observers from code of a change, counts it, and is disturbed by none of them', async () => {
  await using receiver = await WebhookReceiver.start();
  await using space = await TestNamespace.create('observers');
  await space.query(PLAIN_TABLE);
  await fill(space, 't', 2_000);
  await using plane = await TestDataPlane.create('observers');
  for (const [name, value] of Object.entries({ TEST_DSN: plane.env.TEST_DSN, HOOK: 'Bearer s3cret' }))
    vi.stubEnv(name, value);
  const options = await resolveWorkerOptions(
    {
      dataPlane: plane.name,
      healthPort: 0,
      logLevel: 'error',
      webhook: { url: receiver.url, authorization: 'env:HOOK', progressSeconds: 1 },
    },
    undefined,
    plane.env,
  );
  const worker = await SternaWorker.create(
    options,
    createLogger(options.logLevel),
    path.join(ROOT, 'dist/workflow-bundle.js'),
  );
  const running = worker.run();

  const changeId = `${plane.target}.test.${plane.name}`;
  const released = vi.fn();
  const bad: ChangeObserver = { onState: fault, onProgress: fault, onRelease: released };
  const good = { onState: vi.fn<NonNullable<ChangeObserver['onState']>>(), onProgress: vi.fn(), onRelease: vi.fn() };
  for (const observer of [bad, good]) worker.observers.observe(observer, { changeId }); // there is no such change yet
  const statement = 'ALTER TABLE t MODIFY note TEXT NOT NULL';
  await plane.client.start(
    {
      ...{ target: plane.target, environment: 'test', caller: 'test', options: { deferCutover: true } },
      statements: { [space.name]: [statement] },
    },
    changeId,
  );
  const reaches = (state: string): Promise<boolean> =>
    until(`it is ${state}`, async () => (await plane.client.status(changeId)).state === state);
  await reaches('planned');
  await plane.client.send(changeId, 'apply', { caller: 'test' });
  await reaches('waiting_for_cutover');
  await plane.client.send(changeId, 'cutover', { caller: 'test' });
  expect(await plane.client.result(changeId)).toMatchObject({ state: 'completed' });

  await until('the webhook knows', () => receiver.received.some(({ body }) => body.to === 'completed'));
  const told = receiver.received.map(({ body }) => body);
  const states = told.filter(({ event }) => event === 'state');
  expect(states.map(({ to }) => to)).toEqual([
    ...['planning', 'planned', 'queued', 'running', 'waiting_for_cutover', 'cutting_over', 'running', 'completed'],
  ]);
  expect(states.map(({ from }) => from)).toEqual([null, ...states.slice(0, -1).map(({ to }) => to)]);
  expect(told[0]).toMatchObject({ changeId, target: plane.target, environment: 'test' });
  expect(told.find(({ event }) => event === 'progress')).toMatchObject({
    task: `${space.name}.t`,
    progress: { phase: expect.any(String), rows: expect.any(Number) },
  });
  expect(new Set(receiver.received.map(({ headers }) => headers.authorization))).toEqual(new Set(['Bearer s3cret']));

  await until('its own observers are released', () => good.onRelease.mock.calls.length === 1);
  expect(released).toHaveBeenCalledTimes(1);
  expect(good.onState.mock.calls.map(([, , to]) => to)).toEqual(states.map(({ to }) => to));
  expect(good.onProgress).toHaveBeenCalled();

  const metrics = await (await fetch(`http://127.0.0.1:${worker.healthPort}/metrics`)).text();
  expect(metrics).toContain('sterna_change_states_total{environment="test",state="completed"} 1');
  expect(metrics).toMatch(/^sterna_rows_total\{environment="test",phase="copying"\} \d+$/m);
  expect(metrics).toMatch(/^sterna_observers 3$/m); // log, metrics, webhook
  expect(Number(/^sterna_observers_failed (\d+)$/m.exec(metrics)?.[1])).toBeGreaterThanOrEqual(states.length);

  await expectNoLeaks({ namespaces: [space], taskQueues: [plane.name] });
  worker.shutdown();
  await running;
  expect(worker.observers.stats().observers).toBe(0);
});
