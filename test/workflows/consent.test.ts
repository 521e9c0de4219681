import { describe, expect, it } from 'vitest';
import { ME, planned, refusalOf } from './machines.js';
import { blocked, plannedTask, unsafe } from './plans.js';

describe('apply', () => {
  it('refuses the approval of another plan', () => {
    expect(refusalOf(() => planned().accept('apply', { ...ME, planHash: 'b'.repeat(64) })).type).toBe(
      'plan_hash_differs',
    );
  });

  it('refuses what may lose data until somebody consents (P2)', () => {
    const change = planned(unsafe('a'));
    const failure = refusalOf(() => change.accept('apply', ME));
    expect(failure.type).toBe('unsafe_not_allowed');
    expect(failure.message).toContain('drops `k`');
    expect(change.accept('apply', { ...ME, allowUnsafe: true })).toEqual({ state: 'queued', already: false });
    expect(change.status().options.allowUnsafe).toBe(true);
  });

  it('refuses a blocked table, and no flag overrides it (P3)', () => {
    const failure = refusalOf(() => planned(blocked('a')).accept('apply', { ...ME, allowUnsafe: true }));
    expect(failure.type).toBe('plan_blocked');
    expect(failure.message).toContain('has a foreign key');
  });

  it('refuses a revert window in which nothing could be taken back, and says why', () => {
    const revertReasons = [{ code: 'instant', message: 'changes the table itself' }];
    const instant = plannedTask('a', { execution: 'instant', revertible: false, revertReasons });
    const failure = refusalOf(() => planned(instant).accept('apply', { ...ME, revertWindow: '30m' }));
    expect(failure.type).toBe('not_revertible');
    expect(failure.message).toContain('shop.a (changes the table itself)');
    expect(planned(instant).accept('apply', { ...ME, revertWindow: '0m' }).already).toBe(false);
    const copied = plannedTask('b', { revertible: true });
    expect(planned(instant, copied).accept('apply', { ...ME, revertWindow: '30m' }).already).toBe(false);
  });

  it('takes the options of the approval over those of the start', () => {
    const change = planned();
    change.accept('apply', { ...ME, deferCutover: true });
    expect(change.options.deferCutover).toBe(true);
    expect(change.applied).toBe(true);
  });
});
