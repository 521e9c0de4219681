import { describe, expect, it } from 'vitest';
import type { ChangeStatus } from '../../src/contract/index.js';
import { renderStatusMarkdown } from '../../src/workflows/details.js';
import { plan, plannedTask } from './plans.js';

const STATUS: ChangeStatus = {
  changeId: 'shop.test.1',
  state: 'running',
  route: { target: 'shop', environment: 'test', type: 'mysql', namespaces: ['shop'] },
  options: { allowUnsafe: false, deferCutover: false, revertWindow: '0s', volume: 5, onConflict: 'reject' },
  tasks: [
    {
      id: 'shop.a',
      namespace: 'shop',
      table: 'a',
      action: 'alter',
      execution: 'copy',
      state: 'running',
      phase: 'copying',
      progress: {
        table: 'shop.a',
        phase: 'copying',
        rows: 120,
        of: 5_000,
        percent: 24,
        rowsPerSecond: 60,
        eta: '6s',
        throttle: 'a|b',
      },
    },
  ],
  waitingFor: 'the clean-up of the target',
  controls: ['stop', 'setVolume', 'cancel'],
  lastError: { code: 'drifted', message: 'another definition' },
};

describe('what the Temporal UI shows of a change', () => {
  it('is a table of its tasks, what it waits for, its error and the controls that are accepted now', () => {
    const lines = renderStatusMarkdown(STATUS, undefined).split('\n');
    expect(lines[0]).toBe('**running** — waiting for the clean-up of the target');
    expect(lines).toContain('**drifted**: another definition');
    expect(lines).toContain('Accepted now: `stop`, `setVolume`, `cancel`');
    expect(lines, 'a text cannot break the table').toContain(
      '| shop.a | copy | copying | 120 of 5,000 (24 %) | 6s | held: a\\|b |',
    );
  });

  it('says until when a revert window is open, and why it can revert no more', () => {
    const revertUnsafe = { code: 'row_does_not_fit', message: 'too long' };
    const text = renderStatusMarkdown(
      { ...STATUS, state: 'revert_window', revertWindowEnds: '2026-03-01T10:45:00.000Z', revertUnsafe },
      plan([
        plannedTask('a', {
          revertible: true,
          revertReasons: [{ code: 'narrows-back', message: 'a value of `k` may not go back' }],
        }),
      ]),
    );
    expect(text).toContain('Revert window until **2026-03-01T10:45:00.000Z**');
    expect(text).toContain('**Cannot be reverted any more** (row_does_not_fit): too long');
    expect(text).toContain('revertible in a revert window, but: a value of `k` may not go back');
  });

  it('has the plan with its DDL below, cut where Temporal would refuse it', () => {
    const text = renderStatusMarkdown(STATUS, plan([plannedTask('a')]));
    expect(text).toContain('```sql\nALTER TABLE `a` ADD COLUMN');
    const many = renderStatusMarkdown(STATUS, plan(Array.from({ length: 500 }, (_, i) => plannedTask(`table_${i}`))));
    expect(Buffer.byteLength(many)).toBeLessThan(20_000);
    expect(many).toContain('the whole plan: query `plan`');
  });
});
