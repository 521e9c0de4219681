import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MysqlServer } from '../../src/mysql/index.js';
import { testSeed } from '../support/random.js';
import { connectionConfig, testServers } from '../support/servers.js';
import { caseText, randomPairs } from './random/pairs.js';
import { type Found, tryPairs } from './random/search.js';

/** Seeds from that of STERNA_SEED on: always the same, or as many as STERNA_TABLES_SECONDS gives time for. */
const SEEDS = 3;
const SECONDS = Number(process.env.STERNA_TABLES_SECONDS ?? 0);
const SHRINK_SECONDS = 120;
const AT_ONCE = 40;

let server: MysqlServer;
beforeAll(async () => {
  server = await MysqlServer.open(connectionConfig(testServers().mysqlA));
});
afterAll(async () => {
  await server.close();
});

/**
 * Random tables of everything that the server can express, and random edits of them. What is found here becomes a case of
 * the corpus.
 */
it(
  'a plan turns any table into an edited one exactly, or says why not; the same each time (P1, P4, P6)',
  async () => {
    const until = performance.now() + SECONDS * 1_000;
    const verdicts = new Map<string, number>();
    let [accepted, tried] = [0, 0];
    const first = testSeed();
    for (let seed = first; SECONDS > 0 ? performance.now() < until : seed < first + SEEDS; seed += 1) {
      const pairs = fc.sample(randomPairs, { seed, numRuns: AT_ONCE });
      const found = await tryPairs(server, pairs);
      for (const verdict of [...found.verdicts.values()].flat()) {
        const head = verdict.split(' ').slice(0, 2).join(' ');
        verdicts.set(head, (verdicts.get(head) ?? 0) + 1);
      }
      accepted += found.verdicts.size;
      tried += pairs.length;
      const [failure] = found.failures;
      if (failure !== undefined) throw await smallest(seed, ...failure);
    }
    console.log(`${accepted} of ${tried} pairs were tables: ${JSON.stringify(Object.fromEntries(verdicts))}`);
    expect(accepted, 'the server takes most tables of the grammar').toBeGreaterThan(tried / 2);
  },
  (SECONDS + SHRINK_SECONDS + 120) * 1_000,
);

/** Of the pair at that place of the seed's, what is left when whatever does not matter is taken away. */
async function smallest(seed: number, place: number, failure: string): Promise<Error> {
  let [least, text] = [failure, ''];
  let trial: Promise<Found> | undefined;
  const property = fc.asyncProperty(randomPairs, async (pair) => {
    trial = tryPairs(server, [pair]);
    const found = (await trial).failures.get(0);
    if (found === undefined) return;
    [least, text] = [found, caseText(pair)];
    throw new Error(found);
  });
  await fc.check(property, { seed, path: String(place), interruptAfterTimeLimit: SHRINK_SECONDS * 1_000 });
  await trial; // the last one may still run when the time is over
  return new Error(`STERNA_SEED=${seed}, pair ${place}: ${least}\n${text}`);
}
