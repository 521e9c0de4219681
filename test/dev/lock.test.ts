import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { withLock } from '../../tools/dev/lock.mjs';
import { processIdentity } from '../../tools/dev/process-identity.mjs';
import { until } from '../support/until.js';

let folder = '';
let file = '';

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sterna-lock-'));
  file = path.join(folder, 'lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A process that takes the lock, writes a line, and holds the lock until its stdin ends. */
function holder(): { child: ChildProcessWithoutNullStreams; said: () => string; hasLock: () => boolean } {
  const lock = new URL('../../tools/dev/lock.mjs', import.meta.url).href;
  const script = `const { withLock } = await import(${JSON.stringify(lock)});
    await withLock(${JSON.stringify(file)}, () => new Promise((done) => {
      console.log('taken'); process.stdin.resume().once('end', done);
    }));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return { child, said: () => said, hasLock: () => said.includes('taken') };
}

it('two at once wait for each other, and nothing is left behind', async () => {
  const first = holder();
  await until('the first holds the lock', first.hasLock);
  const second = holder();
  await until('the second waits', () => second.said().includes('waiting for another ./dev'));
  expect(second.hasLock()).toBe(false);
  first.child.stdin.end();
  await until('the second holds the lock', second.hasLock);
  second.child.stdin.end();
  await until('both have gone', () => first.child.exitCode === 0 && second.child.exitCode === 0);
  expect(readdirSync(folder)).toEqual([]);
});

it('the lock of a killed process is taken over, because nobody else would ever remove it', async () => {
  const killed = holder();
  await until('it holds the lock', killed.hasLock);
  killed.child.kill('SIGKILL');
  expect(await withLock(file, () => Promise.resolve('mine'))).toBe('mine');
  expect(existsSync(file)).toBe(false);
});

it('a later process with the same number is another one', async () => {
  writeFileSync(file, `${process.pid} begun-at-another-time`);
  expect(await withLock(file, () => Promise.resolve('mine'))).toBe('mine');
  expect(processIdentity(process.pid)).toBe(processIdentity(process.pid));
  expect(processIdentity(2 ** 30)).toBeNull();
});
