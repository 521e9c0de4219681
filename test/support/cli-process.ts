import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { ROOT } from '../../tools/dev/paths.js';
import { hear } from './heard.js';

/** A command of the CLI in a process of its own, to be interrupted while it runs. */
export class CliProcess implements AsyncDisposable {
  stdout = '';
  stderr = '';
  /** Exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>;

  private constructor(
    private readonly child: ChildProcess,
    command: string,
  ) {
    child.stdout?.on('data', (text: Buffer) => (this.stdout += text.toString()));
    child.stderr?.on('data', (text: Buffer) => (this.stderr += text.toString()));
    this.ended = new Promise((resolve) =>
      child.once('close', (code) => {
        hear(`sterna ${command}`, `${this.stdout}\n${this.stderr}`);
        resolve(code);
      }),
    );
  }

  /** @param node options of Node itself */
  static start(
    args: readonly string[],
    env: NodeJS.ProcessEnv,
    { node = [], program = 'dist/cli.js' }: { node?: readonly string[]; program?: string } = {},
  ): CliProcess {
    return new CliProcess(
      spawn(process.execPath, [...node, path.join(ROOT, program), ...args], {
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
      args.join(' '),
    );
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}
