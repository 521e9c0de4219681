import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Plan, PlanRequest } from '../../src/contract/index.js';
import { MysqlServer } from '../../src/mysql/index.js';
import { planChange, pullSchema } from '../../src/planner/index.js';
import { TestAccount } from '../support/account.js';
import { TestNamespace } from '../support/namespace.js';
import { connectionConfig, testServers } from '../support/servers.js';

let server: MysqlServer;
let space: TestNamespace;
const silent = { debug: () => undefined, info: () => undefined };
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

const dependencies = (over: { server?: MysqlServer; signal?: AbortSignal } = {}) => ({
  server,
  physical: (namespace: string) => namespace,
  signal: new AbortController().signal,
  log: silent,
  ...over,
});
const request = (what: Pick<PlanRequest, 'schema' | 'statements' | 'ignoreTables'>): PlanRequest => ({
  target: 'a',
  environment: 'test',
  type: 'mysql',
  ...what,
});
const plan = (...definitions: string[]): Promise<Plan> =>
  planChange(
    dependencies(),
    request({ schema: { [space.name]: Object.fromEntries(definitions.map((sql, i) => [`${i}.sql`, sql])) } }),
  );
const task = async (...definitions: string[]) => {
  const { tasks } = await plan(...definitions);
  expect(tasks.length).toBe(1);
  return tasks[0] ?? expect.fail('no task');
};

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

describe('how a table is changed', () => {
  beforeEach(async () => {
    await space.query('CREATE TABLE t (id INT PRIMARY KEY, a INT, b VARCHAR(10), KEY a (a))');
    await space.query("INSERT INTO t VALUES (1, 1, 'x')");
  });

  it.each([
    ['instant', 'CREATE TABLE t (id INT PRIMARY KEY, a INT, b VARCHAR(10), c INT, KEY a (a))', /ALGORITHM=INSTANT$/],
    [
      'inplace',
      'CREATE TABLE t (id INT PRIMARY KEY, a INT, b VARCHAR(10), KEY a2 (a))',
      /ALGORITHM=INPLACE, LOCK=NONE$/,
    ],
    [
      'inplace',
      'CREATE TABLE t (id INT PRIMARY KEY, a INT, b VARCHAR(20), KEY a (a))',
      /ALGORITHM=INPLACE, LOCK=NONE$/,
    ],
    ['copy', 'CREATE TABLE t (id INT PRIMARY KEY, a BIGINT, b VARCHAR(10), KEY a (a))', /bigint DEFAULT NULL$/],
    ['copy', 'CREATE TABLE t (id INT PRIMARY KEY, a INT, b VARCHAR(10), KEY a (a), KEY b (b))', /ADD KEY `b` \(`b`\)$/],
  ])('%s: %s', async (execution, desired, ending) => {
    expect(await task(desired)).toMatchObject({
      execution,
      safety: 'safe',
      statements: [expect.stringMatching(ending)],
    });
  });

  it.each([
    ['drops-column', 'CREATE TABLE t (id INT PRIMARY KEY, a INT, KEY a (a))'],
    ['narrows-type', 'CREATE TABLE t (id INT PRIMARY KEY, a TINYINT, b VARCHAR(10), KEY a (a))'],
    ['adds-not-null', 'CREATE TABLE t (id INT PRIMARY KEY, a INT NOT NULL, b VARCHAR(10), KEY a (a))'],
    ['drops-visible-index', 'CREATE TABLE t (id INT PRIMARY KEY, a INT, b VARCHAR(10))'],
    ['converts-charset', 'CREATE TABLE t (id INT PRIMARY KEY, a INT, b VARCHAR(10) CHARACTER SET latin1, KEY a (a))'],
  ])('%s is unsafe (P2)', async (code, desired) => {
    expect(await task(desired)).toMatchObject({ safety: 'unsafe', reasons: [expect.objectContaining({ code })] });
  });

  it('a table that is not among the files is dropped, which is unsafe (P2)', async () => {
    expect((await plan('CREATE TABLE other (id INT PRIMARY KEY)')).tasks).toMatchObject([
      { action: 'create', table: 'other', safety: 'safe', execution: 'direct' },
      {
        action: 'drop',
        table: 't',
        safety: 'unsafe',
        statements: ['RENAME TABLE `t` TO `_t_sterna_dropped_{now+7d}`'],
      },
    ]);
  });

  it.each([
    ['its foreign keys', `CREATE TABLE c (id INT PRIMARY KEY, FOREIGN KEY (id) REFERENCES t (id))`],
    ['CHECK constraints', 'CREATE TABLE c (id INT PRIMARY KEY, CHECK (id > 0))'],
    ['name is too long', `CREATE TABLE ${'c'.repeat(34)} (id INT PRIMARY KEY)`],
  ])('a table is dropped for good where it cannot be kept, and the plan says why: %s (P2)', async (why, sql) => {
    await space.query(sql);
    const { tasks } = await plan(String((await space.query('SHOW CREATE TABLE t'))[0]?.['Create Table']));
    expect(tasks).toMatchObject([
      {
        statements: [expect.stringMatching(/^DROP TABLE `c+`$/)],
        safety: 'unsafe',
        reasons: [{ code: 'drops-table-for-good', message: expect.stringContaining(why) as string }],
      },
    ]);
    await space.query(`DROP TABLE \`${tasks[0]?.table}\``);
  });

  it('says of each table whether a revert window takes it back', async () => {
    expect(await task('CREATE TABLE t (id INT PRIMARY KEY, a BIGINT, b VARCHAR(10), KEY a (a))')).toMatchObject({
      revertible: true,
      revertReasons: [{ code: 'narrows-back', column: 'a' }],
    });
    expect((await plan('CREATE TABLE other (id INT PRIMARY KEY)')).tasks.map((each) => each.revertible)).toEqual([
      false,
      false,
    ]);
  });

  it('an empty table cannot lose a value', async () => {
    await space.query('DELETE FROM t');
    expect(
      await task('CREATE TABLE t (id INT PRIMARY KEY, a TINYINT NOT NULL, b VARCHAR(10), KEY a (a))'),
    ).toMatchObject({ safety: 'safe' });
  });
});

describe('what cannot be done is blocked with the reason (P3)', () => {
  it.each([
    ['no-tracked-key', ['CREATE TABLE t (id INT)'], 'CREATE TABLE t (id BIGINT)'],
    [
      'no-tracked-key',
      ['CREATE TABLE t (id FLOAT PRIMARY KEY, k INT)'],
      'CREATE TABLE t (id FLOAT PRIMARY KEY, k BIGINT)',
    ],
    [
      'tracked-key-changes',
      ['CREATE TABLE t (id INT PRIMARY KEY, k INT NOT NULL)'],
      'CREATE TABLE t (id INT, k INT NOT NULL, PRIMARY KEY (k))',
    ],
    [
      'trigger',
      ['CREATE TABLE t (id INT PRIMARY KEY, k INT)', 'CREATE TRIGGER r BEFORE INSERT ON t FOR EACH ROW SET NEW.k = 1'],
      'CREATE TABLE t (id INT PRIMARY KEY, k BIGINT)',
    ],
    [
      'check',
      ['CREATE TABLE t (id INT PRIMARY KEY, k INT, CONSTRAINT c CHECK (id > 0))'],
      'CREATE TABLE t (id INT PRIMARY KEY, k BIGINT, CONSTRAINT c CHECK (id > 0))',
    ],
    [
      'check', // which the shadow would number anew
      ['CREATE TABLE t (id INT PRIMARY KEY, k INT, CHECK (id > 0), CHECK (k > 0))', 'ALTER TABLE t DROP CHECK t_chk_1'],
      'CREATE TABLE t (id INT PRIMARY KEY, k BIGINT, CONSTRAINT t_chk_2 CHECK (k > 0))',
    ],
    [
      'check', // which the shadow has under another name
      ['CREATE TABLE t (id INT PRIMARY KEY, k INT, CHECK (id > 0))'],
      'CREATE TABLE t (id INT PRIMARY KEY, k BIGINT)',
    ],
    [
      'enum-reorder',
      ["CREATE TABLE t (id INT PRIMARY KEY, e ENUM('a','b'))"],
      "CREATE TABLE t (id INT PRIMARY KEY, e ENUM('b','a'))",
    ],
    [
      'partitions',
      ['CREATE TABLE t (id INT PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 4'],
      'CREATE TABLE t (id INT PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 2',
    ],
  ])('%s', async (code, live, desired) => {
    for (const sql of live) await space.query(sql);
    expect(await task(desired)).toMatchObject({
      safety: 'blocked',
      reasons: expect.arrayContaining([expect.objectContaining({ code })]) as unknown[],
    });
  });

  it('foreign keys, either way, and the same each time (P6)', async () => {
    await space.query('CREATE TABLE p (id INT PRIMARY KEY, k INT)');
    await space.query('CREATE TABLE c (id INT PRIMARY KEY, p INT, k INT, FOREIGN KEY (p) REFERENCES p (id))');
    const { schema } = await pullSchema(dependencies(), [space.name]);
    const files = Object.fromEntries(
      Object.entries(schema[space.name] ?? {}).map(([name, sql]) => [name, sql.replace('`k` int', '`k` bigint')]),
    );
    const hashes = new Set<string>();
    for (let i = 0; i < 4; i += 1) {
      const { tasks, planHash } = await planChange(dependencies(), request({ schema: { [space.name]: files } }));
      hashes.add(planHash);
      expect(tasks.map(({ table, safety, reasons }) => [table, safety, reasons.map((reason) => reason.code)])).toEqual([
        ['c', 'blocked', ['foreign-key']],
        ['p', 'blocked', ['foreign-key']],
      ]);
    }
    expect(hashes.size).toBe(1);
  });
});

describe('statements as written', () => {
  it('go through the same verification and run to the letter (P1)', async () => {
    await space.query('CREATE TABLE t (id INT PRIMARY KEY, k INT)');
    const { tasks } = await planChange(
      dependencies(),
      request({ statements: { [space.name]: ['alter table t   modify k BIGINT'] } }),
    );
    expect(tasks).toMatchObject([
      {
        execution: 'copy',
        statements: ['ALTER TABLE `t` modify k BIGINT'],
        desiredDefinition: expect.stringContaining('`k` bigint') as string,
      },
    ]);
    const rebuild = await planChange(
      dependencies(),
      request({ statements: { [space.name]: ['ALTER TABLE t ENGINE=InnoDB'] } }),
    );
    expect(rebuild.tasks).toMatchObject([{ execution: 'copy', executionReason: 'rebuilds the table, as asked' }]);
  });

  it('that the server refuses are refused with its words', async () => {
    await space.query('CREATE TABLE t (id INT PRIMARY KEY)');
    const wrong = planChange(
      dependencies(),
      request({ statements: { [space.name]: ['ALTER TABLE t DROP COLUMN nothing'] } }),
    );
    await expect(wrong).rejects.toMatchObject({
      code: 'statement_invalid',
      message: expect.stringContaining("Can't DROP 'nothing'") as string,
    });
    await expect(
      planChange(dependencies(), request({ statements: { [space.name]: ['ALTER TABLE nobody ADD a INT'] } })),
    ).rejects.toMatchObject({ code: 'statement_invalid' });
  });
});

describe('what a plan leaves alone', () => {
  it('ignored tables, on both sides, and says so; tables of its own', async () => {
    await space.query('CREATE TABLE tmp_a (id INT PRIMARY KEY)');
    await space.query('CREATE TABLE `_t_sterna_old` (id INT PRIMARY KEY)');
    await space.query('CREATE TABLE t (id INT PRIMARY KEY)');
    const made = await planChange(
      dependencies(),
      request({
        schema: {
          [space.name]: { 't.sql': 'CREATE TABLE t (id INT PRIMARY KEY)', 'x.sql': 'CREATE TABLE tmp_b (id INT)' },
        },
        ignoreTables: ['tmp_*'],
      }),
    );
    expect(made.tasks).toEqual([]);
    expect(made.ignoredTables).toEqual([`${space.name}.tmp_a`, `${space.name}.tmp_b`]);
  });

  it('scratch schemas: none is left after success, refusal or abort', async () => {
    const scratch = async () =>
      (
        await space.query(
          "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE '\\\\_sterna\\\\_ws%'",
        )
      ).length;
    const before = await scratch();
    await plan('CREATE TABLE t (id INT PRIMARY KEY)');
    await expect(plan('CREATE TABLE t (id INT PRIMARY KEY,\n broken WHAT)')).rejects.toMatchObject({
      code: 'schema_file_invalid',
      message: expect.stringContaining('0.sql:2:') as string,
    });
    const abort = new AbortController();
    const files = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [`${i}.sql`, `CREATE TABLE t${i} (id INT PRIMARY KEY)`]),
    );
    const aborted = planChange(dependencies({ signal: abort.signal }), request({ schema: { [space.name]: files } }));
    abort.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    expect(await scratch()).toBeLessThanOrEqual(before);
  });

  it('a namespace that is not there', async () => {
    await expect(
      planChange(dependencies(), request({ schema: { nowhere_at_all: { 't.sql': 'CREATE TABLE t (id INT)' } } })),
    ).rejects.toMatchObject({ code: 'namespace_unknown' });
  });
});

describe('a user without privileges', () => {
  it('is told which GRANT makes planning possible, or the copy', async () => {
    await space.query('CREATE TABLE t (id INT PRIMARY KEY, k INT)');
    const all = `SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, TRIGGER, LOCK TABLES ON \`${space.name}\`.*`;
    for (const [grants, expected] of [
      [[all], { code: 'cannot_plan', message: expect.stringContaining('`\\_sterna\\_ws\\_%`.*') as string }],
      [
        [all, 'ALL ON `\\_sterna\\_ws\\_%`.*'],
        { code: 'missing_privilege', message: expect.stringContaining('REPLICATION SLAVE') as string },
      ],
    ] as const) {
      await using account = await TestAccount.create({ grants: [...grants] });
      await using own = await MysqlServer.open(connectionConfig(account.server));
      const planning = planChange(
        dependencies({ server: own }),
        request({ schema: { [space.name]: { 't.sql': 'CREATE TABLE t (id INT PRIMARY KEY, k BIGINT)' } } }),
      );
      await expect(planning).rejects.toMatchObject(expected);
    }
  });
});

it('pulls files that plan to nothing', async () => {
  await space.query("CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, a VARCHAR(9) COMMENT '🚀; x') COMMENT='y'");
  await space.query("INSERT INTO t (a) VALUES ('x')");
  const { schema } = await pullSchema(dependencies(), [space.name]);
  expect(Object.keys(schema[space.name] ?? {})).toEqual(['t.sql']);
  expect((await planChange(dependencies(), request({ schema }))).tasks).toEqual([]);
});
