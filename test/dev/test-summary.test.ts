import { expect, it } from 'vitest';
import { summarize, type VitestReport } from '../../tools/dev/test-summary.js';

const report = (figures: Partial<VitestReport>): VitestReport => ({
  numPassedTests: 0,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [],
  ...figures,
});

const UNLOADABLE = { name: 'broken.test.ts', status: 'failed', assertionResults: [] };

it.each([
  ['all passed', report({ numPassedTests: 3 }), 0, '3 passed, 0 failed', false],
  ['one failed', report({ numPassedTests: 2, numFailedTests: 1 }), 1, '2 passed, 1 failed', true],
  ['one was skipped', report({ numPassedTests: 2, numPendingTests: 1 }), 0, '2 passed, 0 failed, 1 skipped', false],
  ['a file cannot be loaded', report({ numPassedTests: 2, testResults: [UNLOADABLE] }), 1, '2 passed, 1 failed', true],
  ['an error came outside of the tests', report({ numPassedTests: 2 }), 1, '2 passed, 1 failed', true],
  ['nothing ran', report({}), 0, '0 passed, 0 failed', true],
  ['all were skipped', report({ numPendingTests: 2 }), 0, '0 passed, 0 failed, 2 skipped', true],
  ['vitest wrote no report', undefined, 1, '0 passed, 1 failed', true],
])('the last line tells the truth when %s', (_when, written, exitCode, line, failed) => {
  expect(summarize(written, exitCode)).toMatchObject({ line, failed });
});
