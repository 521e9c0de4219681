import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { play, scenarios } from './simulation.js';
import type { Removal } from './change.js';

/**
 * The coordinator of the copy (`Driver`, `copyRows`, `verifyRows`, `swapTables`, `decideSwap`) against a simulated
 * server, whose schedules are searched. STERNA_MODEL_SECONDS searches the whole protocol for longer, STERNA_MODEL_SEED
 * repeats a search.
 */
const SECONDS = Number(process.env.STERNA_MODEL_SECONDS ?? 120);
const SEED =
  process.env.STERNA_MODEL_SEED === undefined ? Date.now() & 0x7fffffff : Number(process.env.STERNA_MODEL_SEED);

/** Whether something is left out is found in a search that is known to find it. */
const KNOWN_SEED = 7;

vi.mock('node:timers/promises', () => ({
  setTimeout: (milliseconds: number) => new Promise<void>((resolve) => void setTimeout(resolve, milliseconds)),
}));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the protocol', () => {
  it(
    `loses no row, keeps none stale and brings none back, in any schedule (E1, E2, E3, E4, E5); seed ${SEED}`,
    async () => {
      const runs = await search(SECONDS, SEED);
      console.log(`${runs} schedules searched, seed ${SEED}`);
      expect(runs).toBeGreaterThan(100);
    },
    (SECONDS + 60) * 1_000,
  );

  it.each<Removal>([
    'the fence',
    'the barrier',
    'the epoch',
    'flushing before the position is saved',
    'the deletion above the watermark',
    'waiting for prepared transactions',
    'the last flush under the lock',
  ])(
    'without %s loses rows, and the search finds how (E1, E2, E3, E4)',
    async (removal) => {
      await expect(search(60, KNOWN_SEED, removal)).rejects.toThrow(/^Error: (Rows after|\d+ rows were wrong)/);
    },
    120_000,
  );
});

/** Searches for so long, or until a schedule fails: then throws what happened, with the smallest such scenario. */
async function search(seconds: number, seed: number, removal?: Removal): Promise<number> {
  let runs = 0;
  const property = fc.asyncProperty(scenarios, async (scenario) => {
    runs += 1;
    vi.clearAllTimers();
    await play(scenario, removal);
  });
  const { failed, counterexample, errorInstance } = await fc.check(property, {
    numRuns: Number.MAX_SAFE_INTEGER,
    interruptAfterTimeLimit: seconds * 1_000,
    seed,
  });
  if (failed && counterexample !== null)
    throw new Error(
      `${String(errorInstance)}\nafter ${runs} schedules, seed ${seed}: ${JSON.stringify(counterexample[0])}`,
      { cause: errorInstance },
    );
  return runs;
}
