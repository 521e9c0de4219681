import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DevError } from './failure.js';
import { DEV } from './paths.js';
import { processIdentity } from './process-identity.mjs';

/** A server that outlives the command which starts it. Its file is `.dev/run/<name>.json`. */
export interface Daemon {
  readonly name: string;
  readonly pid: number;
  /** Begin of the process: a later process may get the same number, and is not ours to stop. */
  readonly identity: string;
  readonly ports: Readonly<Record<string, number>>;
}

const STOP_TIMEOUT_MS = 30_000;

const recordFile = (name: string): string => path.join(DEV, 'run', `${name}.json`);
export const logFile = (name: string): string => path.join(DEV, 'log', `${name}.log`);

/** The last daemon of that name, running or not. */
export function lastDaemon(name: string): Daemon | undefined {
  return existsSync(recordFile(name)) ? (JSON.parse(readFileSync(recordFile(name), 'utf8')) as Daemon) : undefined;
}

export function runningDaemon(name: string): Daemon | undefined {
  const daemon = lastDaemon(name);
  return daemon !== undefined && isRunning(daemon) ? daemon : undefined;
}

function isRunning({ pid, identity }: Daemon): boolean {
  return processIdentity(pid) === identity;
}

export async function startDaemon(
  name: string,
  command: readonly string[],
  ports: Readonly<Record<string, number>>,
): Promise<Daemon> {
  mkdirSync(path.dirname(recordFile(name)), { recursive: true });
  mkdirSync(path.dirname(logFile(name)), { recursive: true });
  const [program = '', ...args] = command;
  const log = openSync(logFile(name), 'w');
  try {
    const child = spawn(program, args, { detached: true, stdio: ['ignore', log, log] });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    const { pid } = child;
    const identity = pid === undefined ? null : processIdentity(pid);
    if (pid === undefined || identity === null) throw new DevError(`${name} ended at once: ${logTail(name)}`);
    child.unref();
    const daemon: Daemon = { name, pid, identity, ports };
    writeFileSync(recordFile(name), JSON.stringify(daemon));
    return daemon;
  } finally {
    closeSync(log);
  }
}

/** Waits until `look` says yes. A server that dies meanwhile ends the wait with the end of its log. */
export async function untilReady(daemon: Daemon, look: () => Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await look())) {
    if (!isRunning(daemon)) throw new DevError(`${daemon.name} ended before it was ready:\n${logTail(daemon.name)}`);
    if (performance.now() > deadline) {
      throw new DevError(`${daemon.name} is not ready after ${timeoutMs} ms:\n${logTail(daemon.name)}`);
    }
    await delay(100);
  }
}

/** Stops what we started, and only that. @returns whether there was something to stop */
export async function stopDaemon(name: string): Promise<boolean> {
  const daemon = runningDaemon(name);
  if (daemon === undefined) return false;
  process.kill(daemon.pid, 'SIGTERM');
  const deadline = performance.now() + STOP_TIMEOUT_MS;
  while (isRunning(daemon)) {
    if (performance.now() > deadline) process.kill(daemon.pid, 'SIGKILL');
    await delay(50);
  }
  return true;
}

function logTail(name: string): string {
  return existsSync(logFile(name))
    ? readFileSync(logFile(name), 'utf8').trimEnd().split('\n').slice(-15).join('\n')
    : '';
}
