import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { withLock } from './lock.mjs';

/** Needs Node alone: installs the packages that the rest of the tools need, then goes on in main.ts. */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Sterna needs Node 20.19 or later, found ${process.versions.node}.`);
  process.exit(1);
}

const ROOT = path.resolve(import.meta.dirname, '../..');
const STAMP = path.join(ROOT, '.dev/packages');

mkdirSync(path.dirname(STAMP), { recursive: true });
if (!isInstalled()) await withLock(path.join(ROOT, '.dev/packages.lock'), install);

// In this same process: a signal sent to ./dev reaches whatever it runs.
const { register } = await import('tsx/esm/api');
register();
await import('./main.js');

function lockHash() {
  return createHash('sha256')
    .update(readFileSync(path.join(ROOT, 'package-lock.json')))
    .digest('hex');
}

function isInstalled() {
  const stamp = existsSync(STAMP) ? readFileSync(STAMP, 'utf8') : '';
  return existsSync(path.join(ROOT, 'node_modules/tsx')) && stamp === lockHash();
}

async function install() {
  if (isInstalled()) return; // by the one we waited for
  const start = performance.now();
  console.error('packages: npm ci');
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
  });
  if (npm.status !== 0) {
    console.error('npm ci failed; see above.');
    process.exit(1);
  }
  writeFileSync(STAMP, lockHash());
  console.error(`packages: installed (${((performance.now() - start) / 1000).toFixed(1)} s)`);
}
