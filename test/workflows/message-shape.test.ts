import { describe, expect, it } from 'vitest';
import { ME, planned, refusalOf, running } from './machines.js';
import { unsafe } from './plans.js';

describe('the shape of a message', () => {
  it.each([
    [null, /got null/],
    [[], /got \[\]/],
    ['stop', /got "stop"/],
    [{}, /caller: expected a text, got nothing/],
    [{ caller: '' }, /caller/],
    [{ caller: 'a', reson: 'typo' }, /reson: no such field/],
    [{ caller: 'a', reason: 7 }, /reason: expected a text, got 7/],
  ])('%j is refused with what is wrong', (message, expected) => {
    const failure = refusalOf(() => running().accept('stop', message as never));
    expect(failure.type).toBe('input_invalid');
    expect(failure.message).toMatch(expected);
  });

  it.each([-1, 12, 2.5, '3', undefined, Number.NaN])('a volume of %j is refused', (volume) => {
    expect(refusalOf(() => running().accept('setVolume', { caller: 'a', volume: volume as number })).type).toBe(
      'input_invalid',
    );
  });

  it('a flag must be a flag: the text "false" is no consent', () => {
    const message = { caller: 'a', allowUnsafe: 'false' } as never;
    expect(refusalOf(() => planned(unsafe('a')).accept('apply', message)).type).toBe('input_invalid');
  });

  it('a message that names another route is refused, whatever its name (R1)', () => {
    for (const other of [{ target: 'billing' }, { environment: 'production' }]) {
      const failure = refusalOf(() => running().accept('stop', { ...ME, ...other }));
      expect(failure.type).toBe('route_mismatch');
    }
    expect(running().accept('stop', { ...ME, target: 'shop', environment: 'test' }).state).toBe('stopping');
  });
});
