import { describe, expect, it } from 'vitest';
import { ME, running } from './machines.js';

describe('the event log', () => {
  it('tells who did what, with which outcome', () => {
    const change = running();
    change.accept('stop', { caller: 'ana', reason: 'peak hours' });
    change.recordRefusal('cutover', { caller: 'bo' }, 'not now');
    expect(change.log.read().events).toEqual([
      { at: '1970-01-01T00:00:00.000Z', what: 'stop', caller: 'ana', outcome: 'accepted', detail: 'peak hours' },
      { at: '1970-01-01T00:00:00.000Z', what: 'cutover', caller: 'bo', outcome: 'refused', detail: 'not now' },
    ]);
  });

  it('is bounded: the oldest entries are folded into a count', () => {
    const change = running();
    for (let volume = 0; volume < 250; volume += 1) change.accept('setVolume', { ...ME, volume: (volume % 11) + 1 });
    const { events, folded } = change.log.read();
    expect([events.length, folded]).toEqual([200, 50]);
    expect(events.at(-1)?.detail).toBe(`volume ${(249 % 11) + 1}`);
  });
});
