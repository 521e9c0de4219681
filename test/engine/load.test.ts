import { describe, expect, it } from 'vitest';
import { throttleKind } from '../../src/contract/index.js';
import { decideHolds, type Hold, middle, type Reading } from '../../src/engine/load.js';

const threads = (value: Reading['value']): Reading => ({ what: 'threads-running', value, limit: 32 });
const reasons = (holds: readonly Hold[]): string[] => holds.map(({ reason }) => reason);

describe('work holds', () => {
  it.each<[string, Reading['value'], boolean, string[]]>([
    ['not below the limit', 31, false, []],
    ['at the limit', 32, false, ['threads-running 32 >= 32']],
    ['above the limit', 41, false, ['threads-running 41 >= 32']],
    ['on below the limit, once it holds', 31, true, ['threads-running 31 >= 24']],
    ['down to three quarters of the limit', 24, true, ['threads-running 24 >= 24']],
    ['no longer below three quarters', 23, true, []],
    [
      'where the load is not known',
      { unknown: 'it cannot be asked' },
      false,
      ['threads-running unknown: it cannot be asked'],
    ],
    ['on where the load is not known any more', { unknown: 'x' }, true, ['threads-running unknown: x']],
  ])('%s', (_, value, isHeld, expected) => {
    const before = isHeld ? decideHolds([threads(99)], [], 0) : [];
    expect(reasons(decideHolds([threads(value)], before, 1_000))).toEqual(expected);
  });

  it('for everything that is too much, each by itself', () => {
    const lag: Reading = { what: 'replica-lag', value: 14, limit: 5, unit: ' s', byWritesOnly: true };
    const both = decideHolds([threads(40), lag], [], 0);
    expect(reasons(both)).toEqual(['threads-running 40 >= 32', 'replica-lag 14 s >= 5 s']);
    expect(both.map(({ byWritesOnly }) => byWritesOnly)).toEqual([false, true]);
    // The one that is over does not keep the other one's lower bound.
    expect(reasons(decideHolds([threads(30), lag], decideHolds([lag], [], 0), 1))).toEqual([
      'replica-lag 14 s >= 3.75 s',
    ]);
  });

  it('and says so when it lasts for minutes, counted from when it began', () => {
    const at = (minutes: number, before: readonly Hold[]): Hold[] =>
      decideHolds([threads(40)], before, 1_000 + minutes * 60_000);
    let holds = at(0, []);
    for (const minute of [1, 2, 3, 4]) {
      holds = at(minute, holds);
      expect(holds).toMatchObject([{ reason: expect.not.stringContaining('min') as string, isLong: false }]);
    }
    expect(at(5, holds)).toMatchObject([{ reason: 'threads-running 40 >= 24 for 5 min', isLong: true }]);
    expect(at(90, holds)).toMatchObject([{ reason: 'threads-running 40 >= 24 for 90 min', isLong: true }]);
    expect(at(90, [])).toMatchObject([{ isLong: false }]);
  });
});

it.each([
  [[], 0],
  [[500], 500],
  [[2, 500], 2],
  [[2, 500, 3], 3],
  [[400, 500, 3], 400],
])('the middle of %j is %d: one slow commit is no load', (values, expected) => {
  expect(middle(values)).toBe(expected);
});

it.each([
  [undefined, ''],
  ['volume 0', 'volume'],
  ['threads-running 41 >= 32', 'threads-running'],
  ['commit-latency 140 ms >= 75 ms', 'commit-latency'],
  ['replica-2-lag 14 s >= 3.75 s for 12 min', 'replica-2-lag for minutes'],
  ['volume 0; threads-running 41 >= 32', 'volume; threads-running'],
  ['replica-lag unknown: it cannot be asked (x)', 'replica-lag unknown: it cannot be asked (x)'],
])('the kind of throttle of %j is "%s"', (throttle, kind) => {
  expect(throttleKind(throttle)).toBe(kind);
});
