import { expect, it } from 'vitest';
import { type Answer, decideStand, type Stand } from '../../src/local/stand.js';

const RETENTION = 259_200;

it.each<[Answer, { drivers?: number[]; untouchedSeconds?: number }, Stand]>([
  [{ what: 'running' }, { untouchedSeconds: 10 * RETENTION }, 'lives'],
  [{ what: 'closed' }, {}, 'ended'],
  [{ what: 'closed' }, { drivers: [7] }, 'ended'], // one that is late, which the claim ends
  [{ what: 'not_found', retentionSeconds: RETENTION }, {}, 'not_found'],
  [{ what: 'not_found', retentionSeconds: RETENTION }, { untouchedSeconds: RETENTION }, 'not_found'],
  [{ what: 'not_found', retentionSeconds: RETENTION }, { untouchedSeconds: RETENTION + 1 }, 'ended'],
  [{ what: 'not_found', retentionSeconds: RETENTION }, { untouchedSeconds: RETENTION + 1, drivers: [7] }, 'not_found'],
  [{ what: 'not_found', retentionSeconds: Infinity }, { untouchedSeconds: 10 * RETENTION }, 'not_found'],
  [{ what: 'unreachable' }, { untouchedSeconds: 10 * RETENTION }, 'unknown'],
])('%o of a change with %o: %s (E7)', (answer, { drivers = [], untouchedSeconds = 0 }, stand) => {
  expect(decideStand(answer, { drivers, untouchedSeconds })).toBe(stand);
});
