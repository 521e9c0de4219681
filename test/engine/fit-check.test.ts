import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectNoLeaks } from '../support/leaks.js';
import { MIRROR_SESSION } from '../support/mirror.js';
import { TestNamespace } from '../support/namespace.js';
import { EngineChange } from '../support/online-change.js';
import { connect } from '../support/servers.js';
import { until } from '../support/until.js';

let space: TestNamespace;
beforeEach(async () => {
  space = await TestNamespace.create('fit');
  await space.query(MIRROR_SESSION);
});
afterEach(async () => {
  await expectNoLeaks({ namespaces: [space] });
  await space.drop();
});

/** 3,000 rows that fit and one, with the key 1234, that does not. */
async function fill(columns: string, good: string, bad: string): Promise<void> {
  await space.query(`CREATE TABLE t (id INT PRIMARY KEY, ${columns})`);
  await space.query(
    `INSERT INTO t SELECT n, ${good} FROM (WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 3000) SELECT n FROM s) q WHERE n <> 1234`,
  );
  await space.query(`INSERT INTO t VALUES (1234, ${bad})`);
}

/** What the change that is refused says; the original is as it was. `copied`: whether it came to that. */
async function refused(alter: string, copied: boolean, estimatedRows?: number): Promise<string> {
  const before = await space.query('CHECKSUM TABLE t');
  await using change = await EngineChange.planned(space, 't', alter, estimatedRows);
  await change.prepare();
  const error: unknown = await change.copy().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'row_does_not_fit' });
  if (!copied) {
    expect(change.progress.some((p) => p.phase === 'copying')).toBe(false);
    expect(await space.query('SELECT COUNT(*) AS n FROM _t_sterna_new')).toEqual([{ n: '0' }]);
  }
  expect(await space.query('CHECKSUM TABLE t')).toEqual(before);
  await change.cleanUp();
  expect(await space.tables()).toEqual(['t']);
  return (error as Error).message;
}

describe('rows that do not fit are found before anything is copied, and the first one is named', () => {
  it.each([
    ['a duplicate for a new unique key', 'k INT', 'n', '77', 'ADD UNIQUE KEY u (k)', "2 rows have '77' for key `u`"],
    ['one for several columns', 'k INT, l VARCHAR(9)', "n, 'x'", "77, 'X'", 'ADD UNIQUE KEY u (k, l)', "'77-x'"],
    [
      'one by a prefix',
      'k VARCHAR(20)',
      "CONCAT(LPAD(n, 5, '0'), 'x')",
      "'00077y'",
      'ADD UNIQUE KEY u (k(5))',
      "'00077'",
    ],
    [
      'one by a collation that takes more for equal',
      'k VARCHAR(20) COLLATE utf8mb4_bin UNIQUE',
      "CONCAT('a', n)",
      "'Á77'",
      'MODIFY k VARCHAR(20) COLLATE utf8mb4_0900_ai_ci',
      /2 rows have '(a|Á)77' for key `k`/,
    ],
    ['one by another type', 'k INT', 'n', '77', 'MODIFY k VARCHAR(20), ADD UNIQUE KEY u (k)', "'77'"],
    ['one under a new name', 'k INT', 'n', '77', 'CHANGE k kk INT, ADD UNIQUE KEY u (kk)', "'77'"],
    ['a null', 'k INT', 'n', 'NULL', 'MODIFY k INT NOT NULL', '(`id`) = (1234) `k` is null'],
    ['a number too large', 'k INT', 'n', '32768', 'MODIFY k SMALLINT', '(`id`) = (1234) `k` does not fit smallint'],
    [
      'a number below zero',
      'k BIGINT',
      'n',
      '-1',
      'MODIFY k BIGINT UNSIGNED',
      '(`id`) = (1234) `k` does not fit bigint unsigned',
    ],
    [
      'a text too long',
      'k VARCHAR(20)',
      "CONCAT('é', n)",
      "'ééééé6'",
      'MODIFY k VARCHAR(5)',
      '(`id`) = (1234) `k` does not fit varchar(5)',
    ],
    [
      'bytes too long',
      'k BLOB',
      "X'00'",
      "X'000000'",
      'MODIFY k VARBINARY(2)',
      '(`id`) = (1234) `k` does not fit varbinary(2)',
    ],
    [
      'a text and a null',
      'k VARCHAR(20), l INT',
      'n, n',
      "'ééééé6', NULL",
      'MODIFY k VARCHAR(5), MODIFY l INT NOT NULL',
      /`k` does not fit varchar\(5\), and `l` is null/,
    ],
  ])('%s', async (_, columns, good, bad, alter, told) => {
    await fill(columns, good, bad);
    const message = await refused(alter, false);
    if (typeof told === 'string') expect(message).toContain(told);
    else expect(message).toMatch(told);
  });

  it('by an index that is there, however many rows there are', async () => {
    await fill('k INT, KEY k (k)', 'n', '77');
    expect(await refused('ADD UNIQUE KEY u (k)', false, 50_000_000)).toContain("'77' for key `u`");
  });

  it('and what fits is not refused, however close', async () => {
    await space.query(
      'CREATE TABLE t (id INT PRIMARY KEY, a INT, b VARCHAR(20), c CHAR(9), d INT, e VARCHAR(9) COLLATE utf8mb4_bin UNIQUE)',
    );
    await space.query(
      "INSERT INTO t VALUES (1, -128, 'ééééé', 'x', 1, 'a'), (2, 127, '', 'yy', 2, 'b'), (3, 0, 'a', '', 3, NULL), (4, 0, 'a', '', 3, NULL)",
    );
    await using change = await EngineChange.plan(
      space,
      't',
      'MODIFY a TINYINT NOT NULL, MODIFY b VARCHAR(5), MODIFY c CHAR(2), MODIFY e VARCHAR(9) COLLATE utf8mb4_0900_ai_ci, ADD UNIQUE KEY f (d, id)',
    );
    await change.run();
    expect(await space.query('SELECT GROUP_CONCAT(a ORDER BY id) AS a FROM t')).toEqual([{ a: '-128,127,0,0' }]);
  });

  it('while a stop is obeyed', async () => {
    await fill('k INT', 'n', '77');
    await using change = await EngineChange.plan(space, 't', 'ADD UNIQUE KEY u (k)');
    await change.prepare();
    const other = await connect(space.server, space.name);
    await other.query('LOCK TABLES t WRITE'); // the check waits
    const copying = change.copy();
    await until('it is checked', () => change.progress.some((p) => p.phase === 'preparing' && p.of > 0));
    const waiting =
      "SELECT 1 FROM performance_schema.threads WHERE PROCESSLIST_DB IS NULL AND PROCESSLIST_INFO LIKE CONCAT('SELECT%', DATABASE(), '%HAVING COUNT%')";
    await until('the check waits', async () => (await space.query(waiting)).length > 0);
    await change.control({ run: 'stop' });
    expect(await copying).toMatchObject({ outcome: 'stopped', swapped: [] });
    await other.query('UNLOCK TABLES');
    await other.end();
    await change.cleanUp();
  });
});

describe('rows of which only the copy tells that they do not fit are named as well', () => {
  it.each([
    [
      'a character that the charset lacks',
      'k VARCHAR(20)',
      "'x'",
      "'汉'",
      'MODIFY k VARCHAR(20) CHARACTER SET latin1',
      'Incorrect string value',
    ],
    ['a CHECK', 'k INT', '1', '-1', 'ADD CONSTRAINT positive CHECK (k > 0)', 'positive'],
    [
      'a partition',
      'k INT',
      '1',
      '1',
      'PARTITION BY LIST (id) (PARTITION p VALUES IN (1, 2, 3))',
      'no partition for value 4',
      '4',
    ],
    ['no JSON', 'k TEXT', "'{}'", "'{'", 'MODIFY k JSON', 'Invalid JSON'],
    ['digits', 'k DECIMAL(9,3)', '1.2', '1.234', 'MODIFY k DECIMAL(9,2)', 'truncated'],
    ['no number', 'k VARCHAR(9)', "'7'", "'seven'", 'MODIFY k INT', 'Incorrect integer value'],
    [
      'no date',
      'k VARCHAR(30)',
      "'2026-01-01'",
      "'2026-02-31'",
      'MODIFY k DATE',
      /truncated|Incorrect date|Out of range/,
    ],
    ['an enum without it', "k ENUM('a', 'b')", "'a'", "'b'", "MODIFY k ENUM('a')", 'truncated'],
    ['another place', 'k POINT', 'ST_SRID(POINT(1, 1), 4326)', 'POINT(1, 1)', 'MODIFY k POINT SRID 4326', 'SRID'],
  ])('%s', async (_, columns, good, bad, alter, told, key = '1234') => {
    await fill(columns, good, bad);
    const message = await refused(alter, true);
    expect(message).toContain(`the row (\`id\`) = (${key})`);
    expect(message).toMatch(told);
  });

  it('also when the row comes later, and its key is of several columns', async () => {
    await space.query(
      "CREATE TABLE t (a VARCHAR(9), b INT, k INT, PRIMARY KEY (a, b)); INSERT INTO t VALUES ('x', 1, 1), ('y', 1, 1)",
    );
    await using change = await EngineChange.plan(space, 't', 'MODIFY k SMALLINT');
    await change.prepare();
    await change.copy();
    await space.query("UPDATE t SET b = 2, k = 70000 WHERE a = 'y'; UPDATE t SET k = 2 WHERE a = 'x'");
    await expect(change.cutOver()).rejects.toMatchObject({
      code: 'row_does_not_fit',
      message: expect.stringContaining("the row (`a`, `b`) = ('y', 2)") as string,
    });
    await change.cleanUp();
  });
});
