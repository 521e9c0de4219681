import { describe, expect, it } from 'vitest';
import { renderStatus } from '../../src/cli/render-status.js';
import type { ChangeStatus, TaskStatus } from '../../src/contract/index.js';

const PROGRESS = {
  table: 'shop.orders',
  phase: 'copying',
  rows: 130_000,
  of: 500_000,
  percent: 26,
  rowsPerSecond: 61_000,
  eta: '6s',
} as const;

function lineOf(task: Partial<TaskStatus>): string {
  const status: ChangeStatus = {
    changeId: 'c',
    state: task.state ?? 'running',
    route: { target: 't', environment: 'e', type: 'mysql', namespaces: ['shop'] },
    options: { allowUnsafe: false, deferCutover: false, revertWindow: '0s', volume: 5, onConflict: 'reject' },
    tasks: [
      {
        id: 'shop.orders',
        namespace: 'shop',
        table: 'orders',
        action: 'alter',
        execution: 'copy',
        state: 'running',
        ...task,
      },
    ],
    controls: [],
  };
  return renderStatus(status).split('\n')[1] ?? '';
}

describe('a table in the status', () => {
  it.each<[string, Partial<TaskStatus>, string]>([
    [
      'draws its rows while it runs',
      { phase: 'copying', progress: PROGRESS },
      ' 26 %  130000 of 500000 rows, 61000/s, 6s left',
    ],
    [
      'says why it is slow',
      { phase: 'copying', progress: { ...PROGRESS, throttle: 'threads-running 41 >= 32' } },
      '6s left, held: threads-running 41 >= 32',
    ],
    [
      'says where it was stopped',
      { state: 'stopped', phase: 'copying', progress: PROGRESS },
      'copy    stopped, at about 26 % of copying',
    ],
    [
      'names what it waits for',
      { state: 'cutting_over', progress: { ...PROGRESS, waitingFor: 'a lock' } },
      'cutting_over, waiting for a lock',
    ],
    [
      'tells of its end what counts then',
      { state: 'completed', progress: PROGRESS, report: { rowsCopied: 7, rowsRepaired: 0, cutoverBlockMs: 12 } },
      'copy    completed  7 rows copied, writers blocked 12 ms',
    ],
  ])('%s', (_, task, expected) => {
    expect(lineOf(task)).toContain(expected);
  });
});
