import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './paths.js';

/** Builds `dist/` when a source is newer: commands, workers of tests and the demo run what is built. */
export function ensureBuilt(): void {
  const built = path.join(ROOT, 'dist/cli.js');
  const sources = ['src', 'tools/build.mjs', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];
  const newest = Math.max(...sources.map((source) => newestIn(path.join(ROOT, source))));
  if (existsSync(built) && statSync(built).mtimeMs > newest) return;
  execFileSync(process.execPath, [path.join(ROOT, 'tools/build.mjs')], { cwd: ROOT, stdio: 'inherit' });
}

function newestIn(place: string): number {
  const facts = statSync(place);
  if (!facts.isDirectory()) return facts.mtimeMs;
  return Math.max(facts.mtimeMs, ...readdirSync(place).map((name) => newestIn(path.join(place, name))));
}
