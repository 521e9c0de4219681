import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Plan } from '../../src/contract/index.js';
import { MysqlServer } from '../../src/mysql/index.js';
import { TestNamespace } from '../support/namespace.js';
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
  space = await TestNamespace.create('plan');
});
afterEach(async () => {
  await space.drop();
});

const plan = (definition: string): Promise<Plan> => planTables(server, space.name, [definition]);

/** Types, keys, comments, charsets, positions, names: from the first to the second and back. */
const PAIRS: readonly (readonly [string, string, string])[] = [
  ['a column more', 'CREATE TABLE t (id INT PRIMARY KEY)', 'CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(10) NULL)'],
  [
    'columns in the middle',
    'CREATE TABLE t (id INT PRIMARY KEY, z INT)',
    'CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT NOT NULL DEFAULT 5, z INT)',
  ],
  ['first and last', 'CREATE TABLE t (b INT PRIMARY KEY)', 'CREATE TABLE t (a INT, b INT PRIMARY KEY, c INT)'],
  [
    'another order',
    'CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, c INT, d INT)',
    'CREATE TABLE t (id INT PRIMARY KEY, d INT, a INT, b INT, c INT)',
  ],
  [
    'every number',
    'CREATE TABLE t (id INT PRIMARY KEY, a TINYINT, b SMALLINT, c MEDIUMINT, d FLOAT, e DECIMAL(5,2), f BIT(3))',
    'CREATE TABLE t (id BIGINT PRIMARY KEY, a SMALLINT UNSIGNED, b INT ZEROFILL, c BIGINT, d DOUBLE, e DECIMAL(10,4), f BIT(8))',
  ],
  [
    'every text',
    'CREATE TABLE t (id INT PRIMARY KEY, a CHAR(3), b VARCHAR(300), c TINYTEXT, d TEXT)',
    'CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(3), b TEXT, c MEDIUMTEXT, d LONGTEXT)',
  ],
  [
    'every time',
    'CREATE TABLE t (id INT PRIMARY KEY, a DATE, b TIME, c DATETIME, d TIMESTAMP NULL, e YEAR)',
    'CREATE TABLE t (id INT PRIMARY KEY, a DATETIME(3), b TIME(6), c DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6), d TIMESTAMP NULL DEFAULT NULL, e YEAR NOT NULL DEFAULT 2020)',
  ],
  [
    'bytes, JSON, places',
    'CREATE TABLE t (id INT PRIMARY KEY, a BINARY(3), b BLOB)',
    'CREATE TABLE t (id INT PRIMARY KEY, a VARBINARY(8), b LONGBLOB, c JSON, d POINT SRID 4326)',
  ],
  [
    'enum and set grow',
    "CREATE TABLE t (id INT PRIMARY KEY, a ENUM('x','y,z'), b SET('p'))",
    "CREATE TABLE t (id INT PRIMARY KEY, a ENUM('x','y,z','it''s'), b SET('p','q'))",
  ],
  [
    'keys of all kinds',
    'CREATE TABLE t (id INT PRIMARY KEY, a INT, b VARCHAR(50), KEY a (a), UNIQUE KEY u (b))',
    'CREATE TABLE t (id INT PRIMARY KEY, a INT, b VARCHAR(50), KEY a (a, b), UNIQUE KEY u (b, a), KEY p (b(10)), KEY d (a DESC), KEY f ((LOWER(b))), FULLTEXT KEY ft (b))',
  ],
  [
    'an index renamed',
    'CREATE TABLE t (id INT PRIMARY KEY, a INT, KEY old_name (a))',
    'CREATE TABLE t (id INT PRIMARY KEY, a INT, KEY new_name (a))',
  ],
  [
    'an index made invisible',
    'CREATE TABLE t (id INT PRIMARY KEY, a INT, KEY a (a))',
    'CREATE TABLE t (id INT PRIMARY KEY, a INT, KEY a (a) INVISIBLE)',
  ],
  [
    'comments with any character',
    'CREATE TABLE t (id INT PRIMARY KEY, a INT)',
    "CREATE TABLE t (id INT PRIMARY KEY COMMENT 'it''s \"x\", (y) `z` \\\\ \n🚀', a INT COMMENT 'NOT NULL') COMMENT='a = b, ''c'''",
  ],
  [
    'names with any character',
    'CREATE TABLE `we``ird 🙂 t` (`i d` INT PRIMARY KEY)'.replace(' 🙂', ''),
    'CREATE TABLE `we``ird t` (`i d` INT PRIMARY KEY, `sélect``x` INT, KEY `k, (1)` (`sélect``x`))',
  ],
  [
    'charset of the table',
    'CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(10), b VARCHAR(10) CHARACTER SET latin1) CHARSET=latin1',
    'CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(10), b VARCHAR(10) CHARACTER SET latin1) CHARSET=utf8mb4',
  ],
  [
    'charset and collation of columns',
    'CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(10), b VARCHAR(10))',
    'CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(10) CHARACTER SET gbk, b VARCHAR(10) COLLATE utf8mb4_bin)',
  ],
  [
    'generated and invisible columns',
    'CREATE TABLE t (id INT PRIMARY KEY, a INT)',
    'CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT GENERATED ALWAYS AS (a * 2) VIRTUAL, c INT GENERATED ALWAYS AS (a + 1) STORED, d INT INVISIBLE)',
  ],
  [
    'expression defaults',
    'CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(36))',
    'CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(36) DEFAULT (CONCAT(1, 2)), b JSON DEFAULT (JSON_ARRAY()))',
  ],
  [
    'row format and other options',
    'CREATE TABLE t (id INT PRIMARY KEY) ROW_FORMAT=COMPACT STATS_PERSISTENT=0',
    'CREATE TABLE t (id INT PRIMARY KEY) ROW_FORMAT=DYNAMIC STATS_SAMPLE_PAGES=30',
  ],
  [
    'partitions',
    'CREATE TABLE t (id INT PRIMARY KEY, k INT)',
    "CREATE TABLE t (id INT PRIMARY KEY, k INT COMMENT 'x') PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10) COMMENT 'a, b', PARTITION `p 1` VALUES LESS THAN MAXVALUE)",
  ],
  [
    'another primary key',
    'CREATE TABLE t (id INT NOT NULL AUTO_INCREMENT, u BINARY(16) NOT NULL, PRIMARY KEY (id), UNIQUE KEY u (u))',
    'CREATE TABLE t (id INT NOT NULL AUTO_INCREMENT, u BINARY(16) NOT NULL, PRIMARY KEY (u), KEY id (id))',
  ],
  [
    'checks with names that the server gives',
    'CREATE TABLE t (id INT PRIMARY KEY, k INT)',
    'CREATE TABLE t (id INT PRIMARY KEY, k INT, CHECK (k > 0), CONSTRAINT a_named_one CHECK (id > 0))',
  ],
  [
    'an option taken back',
    "CREATE TABLE t (id INT PRIMARY KEY) COMMENT='x' STATS_AUTO_RECALC=1",
    'CREATE TABLE t (id INT PRIMARY KEY)',
  ],
];

describe('a plan turns the first definition into the second exactly, and the same plan each time (P1, P4, P6)', () => {
  it.each(PAIRS)('%s', async (_, a, b) => {
    await space.query(a);
    for (const desired of [b, a]) {
      const first = await plan(desired);
      expect(
        first.tasks.map(({ safety, reasons }) => ({
          safety: safety === 'blocked',
          reasons: safety === 'blocked' ? reasons : [],
        })),
      ).toEqual([{ safety: false, reasons: [] }]);
      expect(await plan(desired)).toEqual(first); // P6
      for (const { statements } of first.tasks) for (const statement of statements) await space.query(statement);
      expect((await plan(desired)).tasks).toEqual([]);
    }
  });
});
