import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../../tools/dev/paths.js';
import { TestDataPlane } from '../support/data-plane.js';

let plane: TestDataPlane;
beforeAll(async () => {
  plane = await TestDataPlane.create('start');
});
afterAll(() => plane[Symbol.asyncDispose]());

interface Ended {
  /** Null when it had to be killed. */
  readonly code: number | null;
  readonly stderr: string;
}

/** Runs node until it ends by itself. */
function node(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { cwd: ROOT, env: { ...plane.env, ...env }, timeout: 60_000, killSignal: 'SIGKILL' } as const;
    const child = execFile(process.execPath, args, options, (_, __, stderr) =>
      resolve({ code: child.exitCode, stderr }),
    );
  });
}

function startWorker(env: NodeJS.ProcessEnv): Promise<Ended> {
  return node(['dist/cli.js', 'worker', '-c', path.join(plane.folder, 'worker.yaml')], env);
}

describe('a worker that cannot start says why and ends, with all closed again', () => {
  it('where its health port is in use', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await startWorker({ STERNA_HEALTH_PORT: String(port) });
    await new Promise((resolve) => other.close(resolve));
    expect(stderr).toContain(
      `config_invalid: Expected to listen at 127.0.0.1, port ${port} (healthHost, healthPort), got EADDRINUSE.`,
    );
    expect(code).toBe(2);
  });

  it('where Temporal has no such namespace', async () => {
    const { code, stderr } = await startWorker({ TEMPORAL_NAMESPACE: 'never-there' });
    expect(stderr).toContain('config_invalid: Expected the namespace never-there in Temporal, found none.');
    expect(code).toBe(2);
  });

  it('where one of its queues cannot be served', async () => {
    const script = `
      import { createLogger, resolveWorkerOptions, SternaWorker } from './dist/worker/index.js';
      const options = await resolveWorkerOptions({}, process.env.STERNA_TEST_CONFIG);
      await SternaWorker.create(options, createLogger('info'), '/nowhere/bundle.js').catch((error) => {
        console.error(error);
        process.exitCode = 1;
      });`;
    const { code, stderr } = await node(['--input-type=module', '-e', script], {
      STERNA_TEST_CONFIG: path.join(plane.folder, 'worker.yaml'),
    });
    expect(stderr).toContain("ENOENT: no such file or directory, open '/nowhere/bundle.js'");
    expect(code).toBe(1);
  });
});
