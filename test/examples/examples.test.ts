import { type ChildProcess, spawn } from 'node:child_process';
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ROOT } from '../../tools/dev/paths.js';
import { pythonWithTemporal } from '../../tools/dev/python.js';
import { SternaClient } from '../../src/client/index.js';
import { TestDataPlane } from '../support/data-plane.js';
import { TestNamespace, uniqueName } from '../support/namespace.js';
import { PackedPackage } from '../support/packed-package.js';
import { until } from '../support/until.js';

const PYTHON = await pythonWithTemporal();
/**
 * Runs a script and leaves without tearing the interpreter down: threads of Temporal's client (1.35.0) may still be at
 * work then, which now and then aborts the process after the script has ended.
 */
const RUN_SCRIPT = `import os, runpy, sys
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
sys.stdout.flush()
os._exit(0)`;
const TSX = path.join(ROOT, 'node_modules/tsx/dist/esm/index.mjs');

/** The examples as a project has them that has installed the package. */
let packed: PackedPackage;
let project: string;
let space: TestNamespace;
let plane: TestDataPlane;
const children: ChildProcess[] = [];
const target = `example-${Date.now()}`;

beforeAll(async () => {
  packed = await PackedPackage.create();
  project = await packed.project();
  await cp(path.join(ROOT, 'examples'), path.join(project, 'examples'), { recursive: true });
  space = await TestNamespace.create('examples');
  // Wide, so that the plan crosses Temporal compressed.
  const columns = Array.from({ length: 120 }, (_, i) => `c${i} INT COMMENT '${'x'.repeat(100)}'`);
  await space.query(
    `CREATE TABLE orders (id BIGINT AUTO_INCREMENT PRIMARY KEY, note VARCHAR(200) NOT NULL, ${columns.join(', ')})`,
  );
  await space.query("INSERT INTO orders (note) VALUES ('a'), ('b')");
  plane = await TestDataPlane.create(
    'examples',
    `  ${target}:
    environment: development
    dsn: env:TEST_DSN
    schema_overrides: { bookshop: ${space.name} }
    throttle: { threads_running: 100000, commit_latency_ms: 100000, copies: 1000 }
`,
  );
  await plane.startWorker();
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL'); // those that a failed test has left
  await plane.stopWorkers();
  await plane[Symbol.asyncDispose]();
  await space.drop();
  await packed[Symbol.asyncDispose]();
});

interface Running {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<unknown>;
}

function start(command: string, args: readonly string[], env: NodeJS.ProcessEnv = plane.env): Running {
  const child = spawn(command, args, { cwd: project, env });
  children.push(child);
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  child.stderr.on('data', (text: Buffer) => (output += text.toString()));
  child.stdin.end('y\n'); // whoever is asked
  return { child, output: () => output, ended: new Promise((resolve) => child.once('close', resolve)) };
}

async function run(command: string, ...args: string[]): Promise<string> {
  const { output, ended } = start(command, args);
  const code = await ended;
  expect(code, output()).toBe(0);
  return output();
}

const example = (file: string, ...args: string[]): Promise<string> =>
  run(process.execPath, '--import', TSX, path.join('examples', file), ...args);

it('a control plane steers a change from the plan to the cutover', async () => {
  const output = await example('control-plane.ts', target, 'ALTER TABLE orders MODIFY note TEXT NOT NULL');
  expect(output).toMatch(/planned\s[\s\S]*Plan for [\s\S]*waiting_for_cutover[\s\S]*stopped[\s\S]*waiting_for_cutover/);
  expect(output).toContain('completed bookshop.orders: 2 rows');
});

it('a control plane needs nothing but a Temporal client', async () => {
  const output = await example('plain-client.ts', target, 'ALTER TABLE orders ADD COLUMN state VARCHAR(20)');
  expect(output).toContain("state: 'completed'");
});

it.skipIf(PYTHON === undefined)(
  'a control plane may be written in Python (./dev test installs its client)',
  async () => {
    const statement = 'ALTER TABLE orders MODIFY note MEDIUMTEXT NOT NULL';
    const output = await run(PYTHON ?? '', '-c', RUN_SCRIPT, 'examples/control_plane.py', target, statement);
    expect(output).toMatch(/planned\s+copy: ALTER TABLE [\s\S]*waiting_for_cutover\s+stopped\s+waiting_for_cutover/);
    expect(output).toContain('completed bookshop.orders: 2 rows');
  },
);

it('a worker in a process of its own has its own inventory, and shares its clients', async () => {
  const dataPlane = uniqueName('embedded');
  const { host, port, user, password } = plane.account.server;
  const orders = { ORDERS_HOST: `${host}:${port}`, ORDERS_USER: user, ORDERS_PASSWORD: password };
  const { child, output, ended } = start(process.execPath, ['--import', TSX, 'examples/embedder.ts', 'orders'], {
    ...plane.env,
    ...orders,
    STERNA_DATA_PLANE: dataPlane,
  });
  await using client = await SternaClient.connect({ dataPlane });
  const pulled = await client.pull({ target: 'orders', environment: 'development', namespaces: [space.name] });
  expect(Object.keys(pulled.schema[space.name] ?? {})).toEqual(['orders.sql']);
  await until('it has looked by itself', () => /^orders: MySQL \d+\.\d+\S*, writable$/m.test(output()));
  child.kill('SIGTERM');
  expect(await ended, output()).toBe(0);
});
