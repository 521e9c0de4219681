import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ERRORS } from '../../src/contract/index.js';

it('lists every code with its meaning, remedy and exit code in docs/errors.md', () => {
  const rows = readFileSync('docs/errors.md', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.replace(/ +\|/g, ' |'));
  const expected = Object.entries(ERRORS).map(
    ([code, { meaning, remedy, exitCode, retry }]) =>
      `| \`${code}\` | ${meaning} | ${remedy} | ${exitCode} | ${retry ? 'yes' : 'no'} |`,
  );
  expect(rows).toEqual(expected);
});
