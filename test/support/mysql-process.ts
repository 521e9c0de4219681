import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createWriteStream, readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { answers, serverOptions } from '../../tools/dev/mysql.js';
import { createDataFolder, mysqlCommand, mysqlProgram } from '../../tools/dev/mysql-program.js';
import { DEV } from '../../tools/dev/paths.js';
import { freePort } from '../../tools/dev/ports.js';
import type { TestServer } from './servers.js';
import { until } from './until.js';

export interface MysqlProcessOptions {
  /** Further options of mysqld, e.g. `--read-only`. The last one of a name wins. */
  readonly options?: readonly string[];
  /**
   * Data on a file system of its own with this size, so that the disk can fill up; an empty data folder takes
   * about 100 MiB. Needs the right to mount: see `canMount`.
   */
  readonly diskMiB?: number;
}

/** A MySQL server of one test, to be killed, stopped, restarted and filled. Port and data outlive a restart. */
export class MysqlProcess implements AsyncDisposable {
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  private constructor(
    readonly server: TestServer,
    readonly folder: string,
    private readonly command: readonly string[],
    private readonly mounted: boolean,
  ) {
    process.once('exit', this.#killOnExit);
  }

  static async start({ options = [], diskMiB }: MysqlProcessOptions = {}): Promise<MysqlProcess> {
    const program = await mysqlProgram();
    const home = path.join(DEV, 'test', `mysql-${randomBytes(4).toString('hex')}`);
    await mkdir(home, { recursive: true });
    if (diskMiB !== undefined) execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${diskMiB}m`, 'tmpfs', home]);
    const folder = path.join(home, 'data');
    await createDataFolder(program, folder);
    const port = await freePort();
    const command = mysqlCommand(program, folder, [...serverOptions(port, port, 0), ...options]);
    const server: TestServer = { host: '127.0.0.1', port, user: 'root', password: '' };
    const started = new MysqlProcess(server, home, command, diskMiB !== undefined);
    try {
      await started.start();
      return started;
    } catch (error) {
      await started[Symbol.asyncDispose]();
      throw error;
    }
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error('Expected a running server; it was stopped.');
    return pid;
  }

  get logFile(): string {
    return `${this.folder}.log`;
  }

  /** Starts it again after `stop` or `kill`. @param options further options, for this start alone */
  async start(options: readonly string[] = []): Promise<void> {
    const [program = '', ...args] = [...this.command, ...options];
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once('close', () => resolve()));
    const log = createWriteStream(this.logFile, { flags: 'a' });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    await until(
      'the private server answers',
      () => {
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`The private server ended:\n${this.#logTail()}`);
        return answers(this.server.port);
      },
      { timeoutMs: 60_000, intervalMs: 100 },
    );
  }

  /** As an operator stops it. Returns when it is gone. */
  async stop(): Promise<void> {
    await this.kill('SIGTERM');
  }

  /** Returns when the process is gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.#child?.kill('SIGCONT');
    this.#child?.kill(signal);
    await this.#ended;
    this.#child = undefined;
  }

  /** Freezes it: connections stay open and nothing answers, as behind a broken network. */
  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  unpause(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    process.off('exit', this.#killOnExit);
    if (this.mounted) execFileSync('umount', [this.folder]);
    await rm(this.folder, { recursive: true, force: true });
    await rm(this.logFile, { force: true });
  }

  readonly #killOnExit = (): void => void this.#child?.kill('SIGKILL');

  #logTail(): string {
    return readFileSync(this.logFile, 'utf8').split('\n').slice(-15).join('\n');
  }
}

/** Whether this machine lets us mount a file system of limited size (`diskMiB`). */
export function canMount(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
