import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { DEV, ROOT } from './paths.js';
import { ensurePython } from './python.js';
import { passThrough } from './run.js';
import { summarize, type VitestReport } from './test-summary.js';

/** Runs vitest and ends with its figures. @returns the exit code */
export async function test(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  await ensurePython();
  const report = path.join(DEV, 'test', `${process.pid}.json`);
  mkdirSync(path.dirname(report), { recursive: true });
  const vitest = path.join(ROOT, 'node_modules/vitest/vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  try {
    const code = await passThrough(process.execPath, [vitest, 'run', ...reporters, ...args], { cwd: ROOT, env });
    const written = existsSync(report) ? (JSON.parse(readFileSync(report, 'utf8')) as VitestReport) : undefined;
    const { failed, notes, line } = summarize(written, code);
    for (const note of notes) console.log(note);
    console.log(line);
    return failed ? code || 1 : 0;
  } finally {
    rmSync(report, { force: true });
  }
}
