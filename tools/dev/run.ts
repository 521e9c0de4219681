import { spawn, type SpawnOptions } from 'node:child_process';
import { DevError } from './failure.js';

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Milliseconds after which it is killed. @default no limit */
  readonly timeoutMs?: number;
}

export interface Ran {
  readonly code: number;
  /** stdout and stderr as they came. */
  readonly output: string;
}

/** Runs a program to its end and keeps what it says. One that is not there, or runs out of time, has code 127. */
export function capture(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(command, args, spawnOptions(options, ['ignore', 'pipe', 'pipe']));
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', (error) => resolve({ code: 127, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/** Like `capture`, for what has to succeed. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, output } = await capture(command, args, options);
  if (code !== 0) throw new DevError(`${command} ${args[0] ?? ''} ended with code ${code}:\n${output.slice(-3000)}`);
  return output;
}

/**
 * Runs a program on this terminal and returns its exit code. Signals go on to it, but for the terminal's own
 * SIGINT, which it gets by itself.
 */
export function passThrough(command: string, args: readonly string[], options: RunOptions = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, spawnOptions(options, 'inherit'));
    const onSignal = (signal: NodeJS.Signals): void => {
      if (signal !== 'SIGINT') child.kill(signal);
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
    for (const signal of signals) process.on(signal, onSignal);
    child.on('error', reject);
    child.on('close', (code) => {
      for (const signal of signals) process.off(signal, onSignal);
      resolve(code ?? 1);
    });
  });
}

function spawnOptions({ cwd, env, timeoutMs }: RunOptions, stdio: SpawnOptions['stdio']): SpawnOptions {
  return {
    stdio,
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
    ...(timeoutMs === undefined ? {} : { signal: AbortSignal.timeout(timeoutMs), killSignal: 'SIGKILL' }),
  };
}
