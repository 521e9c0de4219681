import path from 'node:path';
import { capture } from './run.js';
import { ROOT } from './paths.js';

const CHECKS = {
  format: ['prettier', '--check', '--log-level=warn', '.'],
  lint: ['eslint', '.'],
  types: ['tsc', '-p', '.'],
  unused: ['knip', '--no-progress'],
  api: ['typedoc', '--emit', 'none', '--logLevel', 'Warn'],
};

/** All of them, whatever one says. @returns whether all passed */
export async function check(): Promise<boolean> {
  const results = await Promise.all(
    Object.entries(CHECKS).map(async ([name, [tool = '', ...args]]) => {
      const start = performance.now();
      const { code, output } = await capture(path.join(ROOT, 'node_modules/.bin', tool), args, { cwd: ROOT });
      return { name, passed: code === 0, output, seconds: ((performance.now() - start) / 1000).toFixed(1) };
    }),
  );
  for (const { name, passed, output, seconds } of results) {
    console.log(`${passed ? '✓' : '✗'} ${name} (${seconds} s)`);
    if (output.trim() !== '') console.log(output.trim());
  }
  return results.every(({ passed }) => passed);
}
