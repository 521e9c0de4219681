import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runningDaemon, startDaemon, stopDaemon, untilReady } from '../../tools/dev/daemon.js';
import { DEV } from '../../tools/dev/paths.js';
import { uniqueName } from '../support/namespace.js';
import { until } from '../support/until.js';

let name = '';
const record = (): string => path.join(DEV, 'run', `${name}.json`);

beforeEach(() => {
  name = uniqueName('daemon');
});
afterEach(async () => {
  await stopDaemon(name);
  rmSync(record(), { force: true });
  rmSync(path.join(DEV, 'log', `${name}.log`), { force: true });
});

const SLEEPER = [process.execPath, '-e', 'setInterval(() => {}, 1000)'];

it('stops what it started', async () => {
  const daemon = await startDaemon(name, SLEEPER, { http: 1 });
  expect(runningDaemon(name)).toEqual(daemon);
  expect(await stopDaemon(name)).toBe(true);
  const isThere = (): boolean => {
    try {
      return process.kill(daemon.pid, 0);
    } catch {
      return false;
    }
  };
  // Ended, it stays in the list of processes until its parent has looked.
  await until('it is gone', () => !isThere());
  expect(await stopDaemon(name)).toBe(false);
});

it('never stops a process that merely got the number of an earlier server', async () => {
  const daemon = await startDaemon(name, SLEEPER, {});
  writeFileSync(record(), JSON.stringify({ ...daemon, identity: 'of an earlier process' }));
  expect(await stopDaemon(name)).toBe(false);
  expect(process.kill(daemon.pid, 0)).toBe(true);
  writeFileSync(record(), JSON.stringify(daemon));
});

it('a server that dies before it is ready ends the wait with its last words', async () => {
  const daemon = await startDaemon(name, [process.execPath, '-e', 'console.error("no room"); process.exit(3)'], {});
  await expect(untilReady(daemon, () => Promise.resolve(false))).rejects.toThrow(/ended before it was ready:\nno room/);
});
