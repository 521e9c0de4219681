import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SternaError } from '../../src/contract/index.js';
import { MysqlServer, type Session } from '../../src/mysql/index.js';
import { readDesiredFiles } from '../../src/planner/desired-files.js';
import { TestNamespace } from '../support/namespace.js';
import { testSeed } from '../support/random.js';
import { connectionConfig } from '../support/servers.js';

/** Where desired tables are tried, and what must stay as it is whatever a file says. */
let scratch: TestNamespace;
let victim: TestNamespace;
let server: MysqlServer;
let session: Session;
beforeAll(async () => {
  scratch = await TestNamespace.create('filter');
  victim = await TestNamespace.create('victim');
  await victim.query('CREATE TABLE v (id INT PRIMARY KEY); INSERT INTO v VALUES (1), (2)');
  server = await MysqlServer.open(connectionConfig(scratch.server));
  session = await server.connect({ namespace: scratch.name, settings: { lock_wait_timeout: 5 } });
});
afterAll(async () => {
  await session.close();
  await server.close();
  await scratch.drop();
  await victim.drop();
});

const TABLES = [
  'CREATE TABLE t (id INT PRIMARY KEY)',
  "create table `t` (id INT NOT NULL DEFAULT 3, n VARCHAR(9) COMMENT 'a;b', PRIMARY KEY (id)) ENGINE=InnoDB COMMENT 'x'",
  'CREATE TABLE IF NOT EXISTS t (id INT PRIMARY KEY, KEY k ((id + 1))) PARTITION BY HASH (id) PARTITIONS 2;',
  'CREATE TABLE t (id INT PRIMARY KEY, c INT GENERATED ALWAYS AS (id * 2) VIRTUAL, CHECK (c > 0)) /* end */',
];

const pieces = (name: string): readonly string[] => [
  `; DROP TABLE ${name}.v`,
  `; DELETE FROM ${name}.v;`,
  `/*!50000 ; DROP TABLE ${name}.v */`,
  `/*!80000 AS SELECT * FROM ${name}.v */`,
  `AS SELECT * FROM ${name}.v`,
  `SELECT * FROM ${name}.v INTO OUTFILE '/tmp/x'`,
  `(SELECT id FROM ${name}.v)`,
  `LIKE ${name}.v`,
  `(LIKE ${name}.v)`,
  `${name}.`,
  `TABLE ${name}.v`,
  `VALUES ROW(1)`,
  `WITH x AS (SELECT 1) SELECT * FROM x`,
  `ENGINE=MERGE UNION=(${name}.v)`,
  "ENGINE=FEDERATED CONNECTION='mysql://root@127.0.0.1/x/y'",
  "DATA DIRECTORY='/tmp'",
  `REFERENCES ${name}.v (id)`,
  'TEMPORARY',
  'IF NOT EXISTS',
  'OR REPLACE',
  'IGNORE',
  'REPLACE',
  'START TRANSACTION',
  'AUTO_INCREMENT',
  'DEFAULT (SLEEP(0))',
  "DEFAULT (LOAD_FILE('/etc/passwd'))",
  'DELIMITER $$',
  ...[
    '`',
    "'",
    '"',
    "\\'",
    '\\',
    "''",
    '--',
    '-- ',
    '#',
    '/*',
    '*/',
    '/*!',
    '/*!99999',
    '/*+',
    '/*M!',
    '\n',
    '\r',
    '\0',
  ],
  ...['(', ')', ',', ';', '.', '$$', '@x', '\u00a0', '\u2028', '\ufeff', '𝄞', "x'41'", '0x41', '{', '}', '=', ':='],
];

it('whatever is written in a file, nothing but one CREATE TABLE of that name reaches the server (P4)', async () => {
  const seed = testSeed();
  let [accepted, created, refused] = [0, 0, 0];
  const text = fc
    .tuple(
      fc.constantFrom(...TABLES),
      fc.array(fc.tuple(fc.nat({ max: 200 }), fc.constantFrom(...pieces(victim.name))), { minLength: 1, maxLength: 4 }),
    )
    .map(([table, insertions]) =>
      insertions.reduce((sql, [at, piece]) => {
        const place = at % (sql.length + 1);
        return `${sql.slice(0, place)} ${piece} ${sql.slice(place)}`;
      }, table),
    );
  const property = fc.asyncProperty(text, async (sql) => {
    let table;
    try {
      [table] = readDesiredFiles({ shop: { 't.sql': sql } });
    } catch (error) {
      if (!(error instanceof SternaError) || error.code !== 'schema_file_invalid') throw error;
      refused += 1;
      return;
    }
    accepted += 1;
    try {
      await session.execute(table?.sql ?? '');
    } catch (error) {
      if (!(error instanceof SternaError)) throw error;
    }
    const tables = await session.query<{ name: string }>(
      'SELECT CONCAT(TABLE_SCHEMA, ".", TABLE_NAME) AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA IN (?, ?)',
      [scratch.name, victim.name],
    );
    const names = tables.map(({ name }) => name).filter((name) => name !== `${victim.name}.v`);
    expect(tables.length - names.length, 'the other table is there').toBe(1);
    expect(
      names.every((name) => name === `${scratch.name}.${table?.table}`),
      names.join(),
    ).toBe(true);
    expect(await session.query(`SELECT COUNT(*) AS n FROM \`${victim.name}\`.v`)).toEqual([{ n: 2 }]);
    if (names.length === 0) return;
    created += 1;
    const rows = await session.query(`SELECT COUNT(*) AS n FROM \`${scratch.name}\`.\`${table?.table}\``);
    expect(rows, 'no rows come with it').toEqual([{ n: 0 }]);
    await session.execute(`DROP TABLE \`${scratch.name}\`.\`${table?.table.replaceAll('`', '``')}\``);
  });
  await fc.assert(property, { seed, numRuns: 2_000, interruptAfterTimeLimit: 12_000, markInterruptAsFailure: false });
  // As many as a busy machine comes to as well.
  expect(accepted, 'many pass').toBeGreaterThan(20);
  expect(created, 'and some are tables').toBeGreaterThan(5);
  expect(refused).toBeGreaterThan(100);
});
