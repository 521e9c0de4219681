import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { HealthServer } from '../../src/worker/health-server.js';
import { Metrics } from '../../src/worker/metrics.js';
import { Observers } from '../../src/worker/observers.js';
import { FakeTargets } from '../router/fake-targets.js';

const SECRET = 'mysql://deploy:hunter2@10.1.2.3/';

/** The metrics of a worker, whose inventory says of itself what the test wants, and what it logs. */
async function worker(health: () => Promise<{ stale: boolean }>, isTemporalThere = true) {
  const lines: { fields: object; message: string }[] = [];
  const write = (fields: object, message: string): void => void lines.push({ fields, message });
  const log = { debug: write, info: write, warn: write, error: write };
  const temporal = createServer((_, response) => response.end('temporal_num_pollers 3\n'));
  await new Promise<void>((resolve) => temporal.listen(0, '127.0.0.1', resolve));
  const { port } = temporal.address() as AddressInfo;
  const close = (): Promise<unknown> => new Promise((resolve) => temporal.close(resolve));
  if (!isTemporalThere) await close();
  const targets = new FakeTargets();
  targets.resolver.health = health;
  const observers = new Observers(log);
  const metrics = new Metrics(targets.openRouter(), observers, `127.0.0.1:${port}`, log);
  return {
    lines,
    log,
    metrics,
    [Symbol.asyncDispose]: async () => {
      await targets.closeAll();
      await observers.close();
      if (isTemporalThere) await close();
    },
  };
}

describe('the metrics', () => {
  it('are told, each once, with those of Temporal behind them', async () => {
    await using it = await worker(() => Promise.resolve({ stale: true }));
    const lines = (await it.metrics.text()).split('\n');
    for (const line of ['sterna_inventory_stale 1', 'sterna_router_clients 0', 'temporal_num_pollers 3'])
      expect(lines.filter((each) => each === line)).toEqual([line]);
    expect(it.lines).toEqual([]);
  });

  it('are told but for the one that fails, of which the log says where and not what (R2)', async () => {
    await using it = await worker(() => Promise.reject(new TypeError(`Failed to parse URL from ${SECRET}`)));
    const text = await it.metrics.text();
    expect(text).toMatch(/^sterna_router_clients 0$/m);
    expect(text).toMatch(/^temporal_num_pollers 3$/m);
    expect(text, 'whether it is stale is unknown').not.toContain('sterna_inventory_stale');
    await it.metrics.text();
    expect(it.lines, 'and not at every look').toMatchObject([
      { fields: { metric: 'sterna_inventory_stale', error: 'TypeError' } },
    ]);
    expect(`${text} ${JSON.stringify(it.lines)}`).not.toMatch(/deploy|hunter2|10\.1\.2\.3/);
  });

  it("are told without Temporal's where its runtime does not answer", async () => {
    await using it = await worker(() => Promise.resolve({ stale: false }), false);
    expect(await it.metrics.text()).toMatch(/^sterna_inventory_stale 0$/m);
    expect(it.lines).toMatchObject([{ fields: { metric: 'temporal', error: 'TypeError' } }]);
  });
});

it('a health server answers a fault of the metrics with a text of its own, and logs where it was (R2)', async () => {
  const lines: object[] = [];
  await using server = await HealthServer.listen('127.0.0.1', 0, {
    ready: () => true,
    metrics: () => Promise.reject(new Error(SECRET)),
    log: { error: (fields, message) => void lines.push({ ...fields, message }) },
  });
  const response = await fetch(`http://127.0.0.1:${server.port}/metrics`);
  expect([response.status, await response.text()]).toEqual([
    500,
    'the metrics cannot be told; the log of the worker has the rest\n',
  ]);
  expect(lines).toMatchObject([{ error: 'Error', message: 'the metrics cannot be told' }]);
  expect(JSON.stringify(lines)).not.toContain(SECRET);
});
