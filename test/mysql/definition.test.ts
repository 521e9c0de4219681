import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalDefinition, MysqlServer, readDefinition, type Session } from '../../src/mysql/index.js';
import { TestNamespace } from '../support/namespace.js';
import { connectionConfig } from '../support/servers.js';

let space: TestNamespace;
let server: MysqlServer;
let session: Session;
let collations: readonly { readonly charset: string; readonly collation: string }[];
beforeAll(async () => {
  space = await TestNamespace.create('definition');
  server = await MysqlServer.open(connectionConfig(space.server));
  session = await server.connect({ namespace: space.name, settings: { sql_mode: '' } });
  // The default of each charset, and one more.
  collations = await session.query(
    `SELECT CHARACTER_SET_NAME AS charset, collation FROM (
       SELECT CHARACTER_SET_NAME, COLLATION_NAME AS collation,
              ROW_NUMBER() OVER (PARTITION BY CHARACTER_SET_NAME ORDER BY IS_DEFAULT DESC, COLLATION_NAME) AS place
         FROM information_schema.COLLATIONS WHERE CHARACTER_SET_NAME <> 'binary') c WHERE place <= 2`,
  );
});
afterAll(async () => {
  await session.close();
  await server.close();
  await space.drop();
});

async function canonical(sql: string): Promise<string> {
  await session.execute(sql);
  try {
    return canonicalDefinition((await readDefinition(session, space.name, 't')) ?? '');
  } finally {
    await session.execute('DROP TABLE t');
  }
}

describe('the canonical text', () => {
  it.each(['CHARSET=utf8mb4', 'CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci', 'CHARSET=latin1', 'CHARSET=utf8mb3'])(
    'is a fixed point, whatever columns and table are in: %s',
    async (options) => {
      expect(collations.length).toBeGreaterThan(70);
      const columns = collations.flatMap(({ charset, collation }) => [
        `${collation}_a varchar(9) CHARACTER SET ${charset} COLLATE ${collation} COMMENT ' COLLATE x'`,
        `${collation}_b text CHARACTER SET ${charset} COLLATE ${collation}`,
      ]);
      const inherited = ['c char(3)', "e enum('a COLLATE b','c)') NOT NULL", 'v varchar(9) AS (UPPER(c)) VIRTUAL'];
      const text = await canonical(`CREATE TABLE t (${[...columns, ...inherited].join(', ')}) ${options}`);
      expect(await canonical(text)).toBe(text);
      expect(text).toContain("`e` enum('a COLLATE b','c)') NOT NULL");
    },
  );

  it('is one for every way to give a column the collation that it has', async () => {
    for (const { charset, collation } of collations.filter((_, i) => i % 8 < 2)) {
      const of = (column: string): Promise<string> =>
        canonical(`CREATE TABLE t (${column} COMMENT ' COLLATE x') CHARSET=${charset} COLLATE=${collation}`);
      const text = await of('s varchar(9)');
      expect(text).toContain("`s` varchar(9) DEFAULT NULL COMMENT ' COLLATE x'");
      expect(await of(`s varchar(9) COLLATE ${collation}`)).toBe(text);
      expect(await of(`s varchar(9) CHARACTER SET ${charset} COLLATE ${collation}`)).toBe(text);
      expect(await canonical(text)).toBe(text);
    }
  });

  it('gives literals of other charsets with the bytes that they have', async () => {
    const columns = [
      "a VARCHAR(9) DEFAULT (_latin1 x'e9275c0a00')",
      "b VARCHAR(9) DEFAULT (_gbk x'815c27')",
      "c VARCHAR(9) DEFAULT (_utf16 x'd83dde00')",
      "`_latin1'` VARCHAR(9) DEFAULT 'é' COMMENT '_latin1''é'",
    ];
    const text = await canonical(`CREATE TABLE t (id INT, ${columns.join(', ')}, CHECK (a <> _latin1 x'e9ff'))`);
    expect(text).toContain('`a` varchar(9) DEFAULT (_latin1 0xE9275C0A00)');
    expect(text).toContain('<> _latin1 0xE9FF))');
    const values = async (sql: string): Promise<unknown> => {
      await session.execute(sql);
      await session.execute('INSERT INTO t (id) VALUES (1)');
      const [row] = await session.query("SELECT HEX(a) AS a, HEX(b) AS b, HEX(c) AS c, HEX(`_latin1'`) AS d FROM t");
      await session.execute('DROP TABLE t');
      return row;
    };
    expect(await canonical(text)).toBe(text);
    expect(await values(text)).toEqual({ a: 'C3A9275C0A00', b: 'E4B99727', c: 'F09F9880', d: 'C3A9' });
  });

  it('tells apart what differs', async () => {
    const [plain, other] = [
      await canonical('CREATE TABLE t (s varchar(9)) CHARSET=utf8mb4 COLLATE=utf8mb4_bin'),
      await canonical('CREATE TABLE t (s varchar(9) COLLATE utf8mb4_general_ci) CHARSET=utf8mb4 COLLATE=utf8mb4_bin'),
    ];
    expect(plain).toContain('`s` varchar(9) DEFAULT NULL');
    expect(other).toContain('`s` varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci DEFAULT NULL');
  });
});
