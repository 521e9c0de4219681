import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MysqlServer } from '../../src/mysql/index.js';
import { connectionConfig, testServers } from '../support/servers.js';
import { readCases } from './cases.js';
import { Corpus, type Outcome } from './corpus.js';

const cases = readCases();

let server: MysqlServer;
let corpus: Corpus;
const outcomes: Record<'forth' | 'back', Map<string, Outcome>> = { forth: new Map(), back: new Map() };
beforeAll(async () => {
  server = await MysqlServer.open(connectionConfig(testServers().mysqlA));
  corpus = await Corpus.open(server, cases);
  expect(corpus.refused).toEqual(new Map());
  outcomes.forth = await corpus.go('from', 'to');
  outcomes.back = await corpus.go('to', 'from');
}, 300_000);
afterAll(async () => {
  await corpus[Symbol.asyncDispose]();
  await server.close();
});

/** Each file of `cases` says what it is about, what is expected of the plan forth and back, and the two definitions. */
describe('a plan turns one definition into the other exactly, or says why not; the same each time (P1, P4, P6)', () => {
  describe.each(['forth', 'back'] as const)('%s', (direction) => {
    it.each(cases)('$name', (each) => {
      expect(outcomes[direction].get(each.name)).toMatchObject({ verdict: each[direction], differences: [], rest: [] });
    });
  });
});
