import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { processIdentity } from './process-identity.mjs';

/**
 * Runs `work` while no other process holds the lock file. The lock of a process that is gone is taken over.
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(file, work) {
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, `${process.pid} ${processIdentity(process.pid)}`);
  try {
    let told = false;
    while (!take(mine, file)) {
      const holder = holderOf(file);
      if (holder === null) continue; // let go in between
      if (!isAlive(holder)) {
        removeStale(file);
        continue;
      }
      if (!told) console.error(`waiting for another ./dev (process ${holder.split(' ')[0]})`);
      told = true;
      await delay(200);
    }
    try {
      return await work();
    } finally {
      rmSync(file, { force: true });
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** A link is made in one step, with its content, or not at all. */
function take(/** @type {string} */ mine, /** @type {string} */ file) {
  try {
    linkSync(mine, file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function holderOf(/** @type {string} */ file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

function isAlive(/** @type {string} */ holder) {
  const [pid, identity] = holder.split(' ');
  return processIdentity(Number(pid)) === identity;
}

/** Two may see the same stale lock: renaming tells what was really taken away, and a living one goes back. */
function removeStale(/** @type {string} */ file) {
  const taken = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, taken);
  } catch {
    return; // another was quicker
  }
  const holder = holderOf(taken);
  if (holder !== null && isAlive(holder)) take(taken, file);
  rmSync(taken, { force: true });
}
