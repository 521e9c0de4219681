import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MysqlServer } from '../../src/mysql/index.js';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace } from '../support/namespace.js';
import { EngineChange } from '../support/online-change.js';
import { connectionConfig, testServers } from '../support/servers.js';
import { planTables } from './planning.js';

let server: MysqlServer;
let space: TestNamespace;
beforeAll(async () => {
  server = await MysqlServer.open(connectionConfig(testServers().mysqlA));
});
afterAll(async () => {
  await server.close();
});
beforeEach(async () => {
  space = await TestNamespace.create('copies');
});
afterEach(async () => {
  await expectNoLeaks({ namespaces: [space] });
  await space.drop();
});

const ROWS = "(1, 10, 'x'), (2, NULL, 'y'), (3, 30, NULL)";

/** What the statements do that are not simply those which one would write. */
describe('a planned copy ends in the desired table with every value (P1, E2)', () => {
  it.each([
    ['indexes in another order', 'a INT, s TEXT, KEY a (a), KEY s (s(9))', 'a INT, s TEXT, KEY s (s(9)), KEY a (a)'],
    ['another parser', 'a INT, s TEXT, FULLTEXT KEY s (s)', 'a INT, s TEXT, FULLTEXT KEY s (s) WITH PARSER ngram'],
    ['an index renamed and made invisible', 'a INT, s TEXT, KEY a (a)', 'a INT, s TEXT, KEY z (a) INVISIBLE'],
    ['an index over an expression', 'a INT, s TEXT', 'a INT, s TEXT, KEY f ((a + 1)), KEY a (a)'],
    ['a constraint without a name of its own', 'a INT, s TEXT', 'a INT, s TEXT, CHECK (a > 0)'],
    [
      'a constraint over text of another charset, beside an index',
      'a INT, s VARCHAR(9) CHARACTER SET latin1, KEY a (a)',
      "a INT, s VARCHAR(9) CHARACTER SET latin1, KEY a (a), CHECK (s <> 'q')",
    ],
    ['a column that is no longer computed', 'a INT, s TEXT, v INT AS (a + 1)', 'a INT, s TEXT, v INT'],
    [
      'a column that is stored from now on',
      'a INT, s TEXT, v INT AS (a + 1)',
      'a INT, s TEXT, v INT AS (a + 1) STORED',
    ],
  ])('%s', async (_, live, desired) => {
    await space.query(`CREATE TABLE t (id INT PRIMARY KEY, ${live})`);
    await space.query(`INSERT INTO t (id, a, s) VALUES ${ROWS}`);
    const rows = await space.query('SELECT * FROM t ORDER BY id');
    const wanted = `CREATE TABLE t (id INT PRIMARY KEY, ${desired})`;
    const [task] = (await planTables(server, space.name, [wanted])).tasks;
    if (task === undefined) throw new Error('Expected a plan that changes the table.');
    expect(task).toMatchObject({ execution: 'copy', safety: 'safe' });
    // So many that indexes are built after the copy.
    await using change = await EngineChange.of(space, { ...task, estimatedRows: 1_000_000 });
    await change.prepare();
    await change.copy();
    expect(await change.cutOver()).toMatchObject({ outcome: 'done' });
    await change.cleanUp();
    expect((await planTables(server, space.name, [wanted])).tasks).toEqual([]);
    expect(await space.query('SELECT * FROM t ORDER BY id')).toEqual(rows);
  });
});
