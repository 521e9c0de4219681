import type { Context } from '@temporalio/activity';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Milestones } from '../../src/activities/milestones.js';
import type { Milestone, TaskProgress } from '../../src/contract/index.js';

const PROGRESS: TaskProgress = { table: 'shop.a', phase: 'copying', rows: 10, of: 100, percent: 10, rowsPerSecond: 5 };
const sent: Milestone[] = [];
const activity = {
  info: { workflowExecution: { workflowId: 'w', runId: 'r' } },
  client: {
    withDeadline: (_: number, work: () => Promise<void>) => work(),
    workflow: {
      getHandle: () => ({ signal: (_: string, milestone: Milestone) => Promise.resolve(sent.push(milestone)) }),
    },
  },
} as unknown as Context;
const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };

beforeEach(() => {
  vi.useFakeTimers();
  sent.length = 0;
});
afterEach(() => {
  vi.useRealTimers();
});

it('tells at once what holds, and not every number of it', async () => {
  const milestones = new Milestones(activity, log);
  milestones.report(PROGRESS);
  await vi.advanceTimersByTimeAsync(1_000);
  for (const threads of [41, 42, 43]) {
    milestones.report({ ...PROGRESS, throttle: `threads-running ${threads} >= 32` });
    await vi.advanceTimersByTimeAsync(2_000);
  }
  expect(sent.map(({ throttle }) => throttle)).toEqual([undefined, 'threads-running 41 >= 32']);
});

it('a throttle that comes and goes for a day costs the history a few hundred signals, and its end is told', async () => {
  const milestones = new Milestones(activity, log);
  for (let second = 0; second < 24 * 3_600; second += 4) {
    const held = second % 8 === 0 ? { throttle: 'threads-running 41 >= 32' } : {};
    milestones.report({ ...PROGRESS, ...held });
    await vi.advanceTimersByTimeAsync(4_000);
  }
  expect(sent.length).toBeGreaterThan(100);
  expect(sent.length).toBeLessThan(400);
  for (let second = 0; second < 600; second += 1) {
    milestones.report(PROGRESS);
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(sent.at(-1)?.throttle).toBeUndefined();
});
