import { describe, expect, it } from 'vitest';
import type { ChangeMachine } from '../../src/workflows/change-machine.js';
import { ID, inState, ME, refusalOf, running } from './machines.js';
import { plannedTask } from './plans.js';

describe('the revert window', () => {
  const open = (): ChangeMachine => inState('revert_window');

  it('shows until when it is open, and what may be sent', () => {
    expect(open().status()).toMatchObject({
      revertWindowEnds: new Date(60_000).toISOString(),
      controls: ['setVolume', 'revert', 'finalize'],
      waitingFor: 'revert or finalize',
    });
  });

  it('has a control row of its own: what was asked for before the swap counts no more', () => {
    const change = inState('cutting_over');
    change.accept('stop', ME);
    change.keep(ID, {});
    change.openWindow(ID, 60_000);
    expect(change.control).toMatchObject({ run: 'run', cutover: false });
    change.accept('revert', ME);
    expect(change.control).toMatchObject({ run: 'run', cutover: true });
  });

  it('ends once: a second finalize is one, and a revert comes too late (C3)', () => {
    const change = open();
    expect(change.accept('finalize', ME).already).toBe(false);
    expect(change.control.run).toBe('stop');
    expect(change.accept('finalize', ME).already).toBe(true);
    expect(change.status().controls).toEqual([]);
    expect(refusalOf(() => change.accept('revert', ME)).message).toContain('before the end of the revert window');
  });

  it('refuses a revert once a row cannot go back, with the reason, and stays open', () => {
    const change = open();
    change.window.markUnsafe({ code: 'row_does_not_fit', message: 'too long.' });
    const failure = refusalOf(() => change.accept('revert', ME));
    expect(failure.type).toBe('not_revertible');
    expect(failure.message).toContain('row_does_not_fit: too long.');
    expect(change.state).toBe('revert_window');
    expect(change.status()).toMatchObject({
      revertUnsafe: { code: 'row_does_not_fit' },
      controls: ['setVolume', 'finalize'],
    });
    expect(change.log.read().events.at(-1)).toMatchObject({
      what: 'revert_window',
      detail: expect.stringContaining('unsafe') as string,
    });
  });

  it('is not ended by a native cancel, which says neither whether to keep nor to drop', () => {
    const change = open();
    change.cancelNatively();
    expect(change.state).toBe('revert_window');
    expect(change.cancelRequested).toBe(false);
    expect(change.log.read().events.at(-1)).toMatchObject({ what: 'cancel', outcome: 'refused' });
  });

  it('keeps what is swapped out of a stop, a failure and a cancel of the rest', () => {
    const change = running(plannedTask('a'), plannedTask('b', { execution: 'instant' }));
    change.set(['shop.b'], 'running');
    change.set([...ID, 'shop.b'], 'cutting_over');
    change.keep(ID, {});
    change.accept('stop', ME);
    change.decideStop(true);
    expect(change.tasks.map(({ state }) => state)).toEqual(['revert_window', 'stopping']);
    change.end('failed');
    expect(change.tasks.map(({ state }) => state)).toEqual(['completed', 'failed']);
  });
});
