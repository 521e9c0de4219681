import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../../tools/dev/paths.js';
import { SternaClient } from '../../src/client/index.js';
import { TestAccount } from './account.js';
import { hear } from './heard.js';
import { uniqueName } from './namespace.js';
import { dsn, testServers } from './servers.js';
import { expectNoLeaks } from './leaks.js';
import { WorkerProcess } from './worker-process.js';

const run = promisify(execFile);

/** Tests run beside each other: the load of the machine holds none of them. */
const BUSY = 'throttle: { threads_running: 100000, commit_latency_ms: 100000, copies: 1000 }';

/** An inventory entry of the DSN in a variable. */
export function entryFor(target: string, variable = 'TEST_DSN'): string {
  return `  ${target}: { environment: test, dsn: "env:${variable}", ${BUSY} }\n`;
}

/** A data plane of one test: its own queue, account and target key, workers as processes, the CLI, the client. */
export class TestDataPlane implements AsyncDisposable {
  readonly workers: WorkerProcess[] = [];

  private constructor(
    readonly name: string,
    /** Target key; the environment is `test`. Its own, so that tests do not hold each other's target. */
    readonly target: string,
    readonly account: TestAccount,
    readonly client: SternaClient,
    readonly folder: string,
    readonly env: NodeJS.ProcessEnv,
  ) {}

  /** @param entry further lines of the inventory entry, indented by four */
  static async create(label: string, entry = ''): Promise<TestDataPlane> {
    const name = uniqueName(label);
    const account = await TestAccount.create();
    const folder = await mkdtemp(path.join(tmpdir(), 'sterna-test-'));
    const target = `db-${name.slice(-8)}`;
    await writeFile(
      path.join(folder, 'inventory.yaml'),
      `targets:\n  ${target}:\n    environment: test\n    dsn: env:TEST_DSN\n    ${BUSY}\n${entry}`,
    );
    await writeFile(path.join(folder, 'worker.yaml'), `dataPlane: ${name}\ninventory: inventory.yaml\nhealthPort: 0\n`);
    process.env.TEMPORAL_ADDRESS = testServers().temporalAddress;
    const env = {
      ...process.env,
      TEST_DSN: dsn(account.server),
      STERNA_DATA_PLANE: name,
      // The environment comes before the file, and `./dev` sets its own.
      STERNA_INVENTORY: path.join(folder, 'inventory.yaml'),
    };
    return new TestDataPlane(name, target, account, await SternaClient.connect({ dataPlane: name }), folder, env);
  }

  /** @param env in addition to the data plane's */
  async startWorker(env: NodeJS.ProcessEnv = {}): Promise<WorkerProcess> {
    const worker = await WorkerProcess.start(
      path.join(this.folder, 'worker.yaml'),
      path.join(this.folder, 'worker.log'),
      { ...this.env, ...env },
    );
    this.workers.push(worker);
    return worker;
  }

  /** Runs a command of the built CLI. */
  async sterna(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const { code, stdout, stderr } = await run(process.execPath, [path.join(ROOT, 'dist/cli.js'), ...args], {
      env: this.env,
      timeout: 60_000,
    }).then(
      (done) => ({ code: 0, ...done }),
      (error: unknown) => error as { code: number; stdout: string; stderr: string },
    );
    hear(`sterna ${args.join(' ')}`, `${stdout}\n${stderr}`);
    return { code, stdout, stderr };
  }

  /** Ends the workers in order, after the workflows: a change that reads as `cancelled` still gives its target back. */
  async stopWorkers(): Promise<void> {
    await expectNoLeaks({ taskQueues: [this.name] });
    await Promise.all(this.workers.map((worker) => worker.kill('SIGTERM')));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.kill('SIGTERM')));
    await this.client.close();
    await this.account.drop();
    await rm(this.folder, { recursive: true });
  }
}
