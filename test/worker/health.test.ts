import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestDataPlane } from '../support/data-plane.js';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace } from '../support/namespace.js';
import { connect } from '../support/servers.js';
import { until } from '../support/until.js';
import type { WorkerProcess } from '../support/worker-process.js';

let plane: TestDataPlane;
let space: TestNamespace;
beforeAll(async () => {
  // A target that is away makes nobody unhealthy: workers serve the others.
  plane = await TestDataPlane.create('health', '  away: { environment: test, dsn: "mysql://somebody@127.0.0.1:1/" }\n');
  space = await TestNamespace.create('health');
  await space.query('CREATE TABLE t (id INT PRIMARY KEY)');
});
afterAll(async () => {
  await expectNoLeaks({ namespaces: [space], taskQueues: [plane.name] });
  await plane[Symbol.asyncDispose]();
  await space.drop();
});

function workerLog(): Promise<string> {
  return readFile(path.join(plane.folder, 'worker.log'), 'utf8');
}

/** The worker that was started last tells its port in its log. */
async function portOf(): Promise<number> {
  const lines = (await workerLog()).trim().split('\n');
  const ports = lines.map((line) => (JSON.parse(line) as { healthPort?: number }).healthPort);
  return ports.findLast((port) => port !== undefined) ?? 0;
}

/** Undefined when nobody answers any more. */
async function ask(port: number, what: string): Promise<{ status: number; text: string } | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}${what}`);
    return { status: response.status, text: await response.text() };
  } catch {
    return undefined;
  }
}

/** A step that waits for a lock, and the connection that holds it. */
async function busyStep(): Promise<{ id: string; release: () => Promise<void> }> {
  const blocker = await connect(space.server, space.name);
  const id = await plane.client.start({
    target: plane.target,
    environment: 'test',
    statements: { [space.name]: [`ALTER TABLE t ADD COLUMN c${Date.now()} INT`] },
    caller: 'test',
  });
  await until('it is planned', async () => (await plane.client.status(id)).state === 'planned');
  await blocker.query('START TRANSACTION; SELECT * FROM t');
  await plane.client.send(id, 'apply', { caller: 'test' });
  await until('it waits for the lock', async () => {
    const rows = await space.query(
      "SELECT 1 FROM performance_schema.processlist WHERE INFO LIKE 'ALTER TABLE%' AND DB = ?",
      [space.name],
    );
    return rows.length > 0;
  });
  return { id, release: () => blocker.end() };
}

describe('a worker', () => {
  it('is live and ready although a target is away, and tells its figures', async () => {
    await plane.startWorker();
    const port = await portOf();
    expect(await ask(port, '/livez')).toEqual({ status: 200, text: 'ok\n' });
    await until('the target that is away was tried', async () => (await workerLog()).includes('server_unreachable'));
    expect(await ask(port, '/readyz')).toEqual({ status: 200, text: 'ok\n' });
    await plane.client.probe({ targets: [plane.target] });
    const metrics = (await ask(port, '/metrics'))?.text ?? '';
    expect(metrics).toMatch(/^sterna_router_clients [12]$/m);
    expect(metrics).toMatch(/^process_cpu_seconds_total /m);
    expect(metrics, "and Temporal's own").toMatch(/^temporal_\w+/m);
    expect(await ask(port, '/else')).toMatchObject({ status: 404 });
  });

  it('is not ready any more while it drains, and lives on until its steps have handed over (S4)', async () => {
    const worker = plane.workers.at(-1) as WorkerProcess;
    const port = await portOf();
    const { id, release } = await busyStep();
    const gone = worker.kill('SIGTERM');
    await until('it drains', async () => (await ask(port, '/readyz'))?.status === 503, { intervalMs: 5 });
    expect(await ask(port, '/livez')).toMatchObject({ status: 200 });
    await gone;
    expect(worker.exitCode).toBe(0);
    await release();
    await plane.startWorker();
    expect(await plane.client.result(id)).toMatchObject({ state: 'completed' });
  });

  it('ends at once at the second signal, and another one goes on', async () => {
    const worker = plane.workers.at(-1) as WorkerProcess;
    const port = await portOf();
    const { id, release } = await busyStep();
    const gone = worker.kill('SIGTERM');
    await until('it drains', async () => (await ask(port, '/readyz'))?.status === 503, { intervalMs: 5 });
    void worker.kill('SIGTERM');
    await gone;
    expect(worker.exitCode).toBe(130);
    await release();
    await plane.startWorker();
    expect(await plane.client.result(id)).toMatchObject({ state: 'completed' });
  });

  it('is not ready any more when its pollers end, whoever ended them', async () => {
    const worker = plane.workers.at(-1) as WorkerProcess;
    const port = await portOf();
    const { id, release } = await busyStep();
    process.kill(worker.pid, 'SIGQUIT'); // Temporal's runtime follows it; nobody asked the worker to drain
    await until('it is not ready', async () => (await ask(port, '/readyz'))?.status === 503, { intervalMs: 5 });
    expect(await ask(port, '/livez')).toMatchObject({ status: 200 });
    await release();
    await worker.gone;
    expect(worker.exitCode).toBe(0);
    await plane.startWorker();
    expect(await plane.client.result(id)).toMatchObject({ state: 'completed' });
  });
});
