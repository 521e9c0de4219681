import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../../tools/dev/paths.js';
import { hear } from './heard.js';

/** A worker in a process of its own, as in production, so that it can be killed. */
export class WorkerProcess {
  readonly #ended: Promise<number | null>;
  #log = '';
  private constructor(private readonly child: ChildProcess) {
    this.#ended = new Promise((resolve) => child.once('exit', resolve));
    child.once('close', () => hear(`the log of worker ${this.pid}`, this.#log));
    // A test run that is broken off leaves no worker behind.
    const killOnExit = (): void => void child.kill('SIGKILL');
    process.once('exit', killOnExit);
    child.once('exit', () => process.off('exit', killOnExit));
  }

  /** Resolves when the worker says that it is ready. */
  static async start(configFile: string, logFile: string, env: NodeJS.ProcessEnv): Promise<WorkerProcess> {
    const child = spawn(process.execPath, [path.join(ROOT, 'dist/cli.js'), 'worker', '-c', configFile], {
      cwd: ROOT,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log = createWriteStream(logFile, { flags: 'a' });
    const worker = new WorkerProcess(child);
    await new Promise<void>((resolve, reject) => {
      const look = (text: Buffer): void => {
        log.write(text);
        worker.#log += text.toString();
        if (text.toString().includes('worker ready')) resolve();
      };
      child.stdout.on('data', look);
      child.stderr.on('data', look);
      child.once('exit', (code) =>
        reject(new Error(`Expected a running worker, it ended with ${code}; see ${logFile}.`)),
      );
    });
    return worker;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Null while it runs, and of one that a signal ended. */
  get exitCode(): number | null {
    return this.child.exitCode;
  }

  /** Resolves when it has ended. */
  get gone(): Promise<unknown> {
    return this.#ended;
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      if (signal === 'SIGTERM') await this.#hearMetrics();
      this.child.kill(signal);
    }
    await this.#ended;
  }

  async #hearMetrics(): Promise<void> {
    const port = /"healthPort":(\d+)/.exec(this.#log)?.[1];
    if (port === undefined) return;
    hear('metrics', await (await fetch(`http://127.0.0.1:${port}/metrics`)).text());
  }
}
