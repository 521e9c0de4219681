/** The part of vitest's JSON report that is read. */
export interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

export interface TestSummary {
  readonly failed: boolean;
  readonly notes: readonly string[];
  /** `N passed, N failed[, N skipped]` */
  readonly line: string;
}

/**
 * A file that could not be loaded, and an error outside of all tests, count as one failure each: a run that
 * did not do what it should never reads like a green one. Nothing that ran is no success either.
 */
export function summarize(report: VitestReport | undefined, exitCode: number): TestSummary {
  const notes: string[] = [];
  const unloaded = (report?.testResults ?? []).filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  );
  notes.push(...unloaded.map(({ name }) => `failed outside of its tests: ${name}`));
  const passed = report?.numPassedTests ?? 0;
  const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
  let failed = (report?.numFailedTests ?? 0) + unloaded.length;
  if (failed === 0 && exitCode !== 0) {
    notes.push(`vitest ended with code ${exitCode}, with an error outside of the tests; see above`);
    failed = 1;
  }
  if (passed + failed === 0) notes.push('no test ran');
  return {
    failed: failed > 0 || passed === 0,
    notes,
    line: `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`,
  };
}
