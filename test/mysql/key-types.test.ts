import { afterAll, beforeAll, expect, it } from 'vitest';
import { inUtf8mb4, ordersAlike } from '../../src/mysql/index.js';
import { chooseKey, keyEqual, keyInShadow, readIndexes, type TrackedKey } from '../../src/engine/key.js';
import { MysqlServer, type Session } from '../../src/mysql/index.js';
import { TestNamespace } from '../support/namespace.js';
import { connectionConfig } from '../support/servers.js';

let space: TestNamespace;
let server: MysqlServer;
let session: Session;
beforeAll(async () => {
  space = await TestNamespace.create('alike');
  server = await MysqlServer.open(connectionConfig(space.server));
  session = await server.connect({ namespace: space.name, settings: { cte_max_recursion_depth: 100_000 } });
});
afterAll(async () => {
  await session.close();
  await server.close();
  await space.drop();
});

it('collations of utf8mb3 equate and order every character as those of the same name in utf8mb4', async () => {
  await session.execute(
    `CREATE TABLE characters (three VARCHAR(4) CHARACTER SET utf8mb3, four VARCHAR(4) CHARACTER SET utf8mb4)
      SELECT CONVERT(CHAR(n USING utf16) USING utf8mb3) AS three, CONVERT(CHAR(n USING utf16) USING utf8mb4) AS four
        FROM (WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 65535) SELECT n FROM s) q
       WHERE n NOT BETWEEN 0xD800 AND 0xDFFF`,
  );
  const names = await session.query<{ name: string }>(
    "SELECT COLLATION_NAME AS name FROM information_schema.COLLATIONS WHERE CHARACTER_SET_NAME IN ('utf8mb3', 'utf8mb4')",
  );
  const known = new Set(names.map(({ name }) => name));
  const pairs = [...known].filter((name) => name.startsWith('utf8mb3_') && known.has(inUtf8mb4(name)));
  expect(pairs.length).toBeGreaterThan(20);
  for (const name of pairs) {
    expect(ordersAlike(name, inUtf8mb4(name))).toBe(true);
    const ranks = `SELECT DENSE_RANK() OVER (ORDER BY three COLLATE ${name}) AS a, DENSE_RANK() OVER (ORDER BY four COLLATE ${inUtf8mb4(name)}) AS b FROM characters`;
    const [row] = await session.query(`SELECT COUNT(*) AS n, SUM(a <> b) AS wrong FROM (${ranks}) r`);
    expect({ name, ...row }).toMatchObject({ name, n: 63_487, wrong: '0' });
  }
});

it.each([
  ['utf8mb3_general_ci', 'utf8mb4_unicode_ci'],
  ['utf8mb4_general_ci', 'utf8mb3_general_ci'],
  ['utf8mb3_general_ci', 'utf8mb4_0900_ai_ci'],
  ['latin1_swedish_ci', 'utf8mb4_swedish_ci'],
  ['utf8mb3_bin', null],
])('%s and %s are not taken for alike', (from, to) => {
  expect(ordersAlike(from, to)).toBe(false);
});

it('rows of a key whose charset widens are looked up by the index, from either side', async () => {
  for (const [table, charset] of [
    ['t', 'utf8mb3'],
    ['n', 'utf8mb4'],
  ] as const)
    await session.execute(
      `CREATE TABLE ${table} (a INT NOT NULL, k VARCHAR(20) CHARACTER SET ${charset} COLLATE ${charset}_general_ci NOT NULL, PRIMARY KEY (a, k))`,
    );
  const [indexes, shadow] = [await readIndexes(session, space.name, 't'), await readIndexes(session, space.name, 'n')];
  const key = chooseKey(indexes, shadow, (name) => name) as TrackedKey;
  const inShadow = keyInShadow(key);
  for (const sql of [
    `SELECT * FROM t LEFT JOIN n ON ${keyEqual(key, 't.', inShadow, 'n.')}`,
    `SELECT * FROM n LEFT JOIN t ON ${keyEqual(inShadow, 'n.', key, 't.')}`,
  ]) {
    const plan = await session.query<{ type: string; ref: string }>(`EXPLAIN FORMAT=TRADITIONAL ${sql}`);
    expect(plan.map(({ type }) => type)).toEqual(['index', 'eq_ref']);
  }
});
