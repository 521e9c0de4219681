import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nextChunkRows, paceOf } from '../../src/engine/volume.js';

it('never gets gentler when the volume goes up', () => {
  const strength = Array.from({ length: 11 }, (_, i) => paceOf(i + 1)).map(
    ({ connections, chunkMs, pauseMs }) => (connections * chunkMs) / (chunkMs + pauseMs),
  );
  expect(strength).toEqual([...strength].sort((a, b) => a - b));
});

it('keeps chunks within their bounds, grows them slowly and shrinks them at once', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5_000 }),
      fc.double({ min: 0, max: 60_000, noNaN: true }),
      fc.integer({ min: 1, max: 11 }),
      (rows, tookMs, volume) => {
        const pace = paceOf(volume);
        const next = nextChunkRows(Math.min(rows, pace.chunkRows), tookMs, pace);
        expect(next).toBeGreaterThanOrEqual(1);
        expect(next).toBeLessThanOrEqual(pace.chunkRows);
        expect(next).toBeLessThanOrEqual(Math.max(rows + 1, rows * 1.5));
        if (tookMs > 10 * pace.chunkMs) expect(next).toBeLessThanOrEqual(Math.max(1, Math.ceil(rows / 9)));
        if (tookMs < 4 * pace.chunkMs && rows >= 50) expect(next).toBeGreaterThanOrEqual(50);
        if (tookMs < pace.chunkMs / 2 && rows < pace.chunkRows) expect(next).toBeGreaterThan(rows);
      },
    ),
  );
});
