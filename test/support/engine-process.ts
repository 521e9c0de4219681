import { type ChildProcess, fork } from 'node:child_process';
import {
  type CleanUpInput,
  type ErrorCode,
  SternaError,
  type StepInput,
  type StepOutcome,
} from '../../src/contract/index.js';
import { OnlineChange, type Point } from '../../src/engine/index.js';
import { MysqlServer } from '../../src/mysql/index.js';
import { MANY_COPIES } from './online-change.js';
import { connectionConfig, type TestServer } from './servers.js';

export type StepName = 'prepareTables' | 'copyTables' | 'holdTables' | 'cutOver' | 'guardRevert' | 'cleanUp';

type ToChild = { readonly run: StepName; readonly step: StepInput & CleanUpInput } | { readonly go: number };
type FromChild =
  | { readonly ready: true }
  | { readonly reached: Point; readonly id: number }
  | { readonly logged: string }
  | { readonly ended: StepOutcome | null }
  | { readonly failed: { readonly code: string; readonly message: string } };

/** The engine in a process of its own, so that it can be killed in the middle of whatever it does. */
export class EngineProcess implements AsyncDisposable {
  readonly #gone: Promise<void>;
  #hear: (message: FromChild) => void = () => undefined;

  private constructor(private readonly child: ChildProcess) {
    this.#gone = new Promise((resolve) => child.once('exit', () => resolve()));
    child.on('message', (message: FromChild) => this.#hear(message));
    const killOnExit = (): void => void child.kill('SIGKILL');
    process.once('exit', killOnExit);
    child.once('exit', () => process.off('exit', killOnExit));
  }

  static async start(server: TestServer): Promise<EngineProcess> {
    const child = fork(import.meta.filename, [JSON.stringify(server)], { execArgv: ['--import', 'tsx'] });
    const started = new EngineProcess(child);
    await new Promise<void>((resolve, reject) => {
      started.#hear = () => resolve();
      child.once('exit', (code) => reject(new Error(`Expected an engine process, it ended with ${code}.`)));
    });
    return started;
  }

  /** Runs a step there; `reached` is awaited at each point. Fails as a lost connection does when the process is killed. */
  async run(
    name: StepName,
    step: StepInput,
    { reached, logged }: { reached: (point: Point) => Promise<void>; logged: (message: string) => void },
  ): Promise<StepOutcome | null> {
    const ended = new Promise<StepOutcome | null>((resolve, reject) => {
      this.#hear = (message) => {
        if ('reached' in message) reached(message.reached).then(() => this.#tell({ go: message.id }), reject);
        else if ('logged' in message) logged(message.logged);
        else if ('ended' in message) resolve(message.ended);
        else if ('failed' in message) reject(new SternaError(message.failed.code as ErrorCode, message.failed.message));
      };
    });
    const killed = this.#gone.then(() => {
      throw new SternaError('connection_lost', 'The engine process was killed.');
    });
    this.#tell({ run: name, step });
    return Promise.race([ended, killed]);
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.#gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  #tell(message: ToChild): void {
    if (this.child.connected) this.child.send(message);
  }
}

async function child(send: (message: FromChild) => void): Promise<void> {
  const server = await MysqlServer.open(connectionConfig(JSON.parse(process.argv[2] ?? '') as TestServer));
  const change = new OnlineChange(server, (namespace) => namespace, MANY_COPIES);
  /** What waits at a point. */
  const waiting: (() => void)[] = [];
  const log = (_: object, message: string): void => send({ logged: message });
  const never = new AbortController().signal;
  process.on('message', (message: ToChild) => {
    if ('go' in message) return waiting[message.go]?.();
    const context = {
      signal: never,
      drain: never,
      alive: () => undefined,
      confirm: () => Promise.resolve(),
      progress: () => undefined,
      log: { debug: log, info: log, warn: log, error: log },
      reached: (point: Point) =>
        new Promise<void>((resolve) => {
          send({ reached: point, id: waiting.push(resolve) - 1 });
        }),
    };
    Promise.resolve(change[message.run](message.step, context)).then(
      (outcome) => send({ ended: outcome ?? null }),
      (error: unknown) => {
        const code = error instanceof SternaError ? error.code : 'internal';
        send({ failed: { code, message: String(error) } });
      },
    );
  });
  send({ ready: true });
}

if (process.send !== undefined && process.argv[1] === import.meta.filename) {
  const send = process.send.bind(process);
  await child((message) => void send(message));
}
