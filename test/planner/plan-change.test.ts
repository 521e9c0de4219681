import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Plan } from '../../src/contract/index.js';
import { MysqlServer } from '../../src/mysql/index.js';
import { planChange, pullSchema } from '../../src/planner/index.js';
import { isFree, listScratchSchemas } from '../../src/planner/scratch-schema.js';
import { TestAccount } from '../support/account.js';
import { TestNamespace } from '../support/namespace.js';
import { connectionConfig, testServers } from '../support/servers.js';
import { dependencies, planTables, request } from './planning.js';

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

const plan = (...definitions: string[]): Promise<Plan> => planTables(server, space.name, definitions);
const task = async (...definitions: string[]) => {
  const { tasks } = await plan(...definitions);
  expect(tasks.length).toBe(1);
  return tasks[0] ?? expect.fail('no task');
};

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
  ])('%s', async (code, live, desired) => {
    for (const sql of live) await space.query(sql);
    expect(await task(desired)).toMatchObject({
      safety: 'blocked',
      reasons: expect.arrayContaining([expect.objectContaining({ code })]) as unknown[],
    });
  });

  it.each([
    ['whose column has another type', 'FOREIGN KEY (p) REFERENCES p (id)', /the server refuses .*incompatible/],
    ['that is not there', 'FOREIGN KEY (p) REFERENCES q (id)', /`q`, and there is no such table/],
    ['of another schema', 'FOREIGN KEY (p) REFERENCES elsewhere.p (id)', /another schema, `elsewhere`/],
  ])('a new table that points to one %s', async (_, key, message) => {
    await space.query('CREATE TABLE p (id BIGINT PRIMARY KEY)');
    const child = `CREATE TABLE c (id INT PRIMARY KEY, p INT, CONSTRAINT fk ${key})`;
    expect(await task('CREATE TABLE p (id BIGINT PRIMARY KEY)', child)).toMatchObject({
      table: 'c',
      safety: 'blocked',
      reasons: [{ code: 'foreign-key', message: expect.stringMatching(message) as string }],
    });
  });

  it('foreign keys, either way, and the same each time (P6)', async () => {
    await space.query('CREATE TABLE p (id INT PRIMARY KEY, k INT)');
    await space.query('CREATE TABLE c (id INT PRIMARY KEY, p INT, k INT, FOREIGN KEY (p) REFERENCES p (id))');
    const { schema } = await pullSchema(dependencies(server), [space.name]);
    const files = Object.fromEntries(
      Object.entries(schema[space.name] ?? {}).map(([name, sql]) => [name, sql.replace('`k` int', '`k` bigint')]),
    );
    const hashes = new Set<string>();
    for (let i = 0; i < 4; i += 1) {
      const { tasks, planHash } = await planChange(dependencies(server), request({ schema: { [space.name]: files } }));
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
      dependencies(server),
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
      dependencies(server),
      request({ statements: { [space.name]: ['ALTER TABLE t ENGINE=InnoDB'] } }),
    );
    expect(rebuild.tasks).toMatchObject([{ execution: 'copy', executionReason: 'rebuilds the table, as asked' }]);
  });

  it('that raise the counter of ids alone run in place', async () => {
    await space.query('CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY)');
    const counter = await planChange(
      dependencies(server),
      request({ statements: { [space.name]: ['ALTER TABLE t auto_increment 500'] } }),
    );
    expect(counter.tasks).toMatchObject([
      {
        execution: 'inplace',
        safety: 'safe',
        statements: ['ALTER TABLE `t` auto_increment 500, ALGORITHM=INPLACE, LOCK=NONE'],
      },
    ]);
    await space.query('CREATE TABLE u (id INT PRIMARY KEY)'); // has none: nothing could tell whether it has run
    const none = await planChange(
      dependencies(server),
      request({ statements: { [space.name]: ['ALTER TABLE u AUTO_INCREMENT = 500'] } }),
    );
    expect(none.tasks).toMatchObject([{ execution: 'copy' }]);
  });

  it.each([
    ['ALTER TABLE t DROP COLUMN nothing', '1:27', "Can't DROP 'nothing'"],
    ['-- a\n alter table `t`\n  ADD a INT,\n  ADD b INTT;', '4:9', "near 'INTT'"],
    ['ALTER TABLE t ADD PRIMARY KEY (id)', '1:1', 'Multiple primary key'],
  ])('that the server refuses are refused with its words and their place: %s', async (sql, place, said) => {
    await space.query('CREATE TABLE t (id INT PRIMARY KEY); CREATE TABLE u (id INT PRIMARY KEY)');
    const statements = { [space.name]: ['ALTER TABLE u ADD a INT', sql] };
    await expect(planChange(dependencies(server), request({ statements }))).rejects.toMatchObject({
      code: 'statement_invalid',
      message: expect.stringContaining(`${space.name}, statement 2:${place}: expected`) as string,
    });
    await expect(planChange(dependencies(server), request({ statements }))).rejects.toThrow(said);
  });

  it('that are about no table, or twice about one, are refused', async () => {
    await space.query('CREATE TABLE t (id INT PRIMARY KEY)');
    await expect(
      planChange(
        dependencies(server),
        request({ statements: { [space.name]: ['ALTER TABLE t ADD a INT', 'ALTER TABLE t ADD b INT'] } }),
      ),
    ).rejects.toMatchObject({ code: 'statement_invalid' });
    await expect(
      planChange(dependencies(server), request({ statements: { [space.name]: ['ALTER TABLE nobody ADD a INT'] } })),
    ).rejects.toMatchObject({ code: 'statement_invalid' });
  });
});

describe('what a plan leaves alone', () => {
  it('ignored tables, on both sides, and says so; tables of its own', async () => {
    await space.query('CREATE TABLE tmp_a (id INT PRIMARY KEY)');
    await space.query('CREATE TABLE `_t_sterna_old` (id INT PRIMARY KEY)');
    await space.query('CREATE TABLE t (id INT PRIMARY KEY)');
    const made = await planChange(
      dependencies(server),
      request({
        schema: {
          [space.name]: { 't.sql': 'CREATE TABLE t (id INT PRIMARY KEY)', 'tmp_b.sql': 'CREATE TABLE tmp_b (id INT)' },
        },
        ignoreTables: ['tmp_*'],
      }),
    );
    expect(made.tasks).toEqual([]);
    expect(made.ignoredTables).toEqual([`${space.name}.tmp_a`, `${space.name}.tmp_b`]);
  });

  it('scratch schemas: none is left after success, refusal or abort', async () => {
    await using session = await server.connect();
    // Other plans of this server hold the lock of theirs for as long as it is there.
    const left = async (): Promise<string[]> => {
      const free: string[] = [];
      for (const name of await listScratchSchemas(session)) if (await isFree(session, name)) free.push(name);
      const there = await listScratchSchemas(session);
      return free.filter((name) => there.includes(name));
    };
    const before = await left();
    await plan('CREATE TABLE t (id INT PRIMARY KEY)');
    await expect(plan('CREATE TABLE t (id INT PRIMARY KEY,\n broken WHAT)')).rejects.toMatchObject({
      code: 'schema_file_invalid',
      message: expect.stringContaining('t.sql:2:9: ') as string,
    });
    const abort = new AbortController();
    const files = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [`t${i}.sql`, `CREATE TABLE t${i} (id INT PRIMARY KEY)`]),
    );
    const aborted = planChange(dependencies(server, abort.signal), request({ schema: { [space.name]: files } }));
    abort.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    expect((await left()).filter((name) => !before.includes(name))).toEqual([]);
  });

  it('a namespace that is not there', async () => {
    await expect(
      planChange(dependencies(server), request({ schema: { nowhere_at_all: { 't.sql': 'CREATE TABLE t (id INT)' } } })),
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
        dependencies(own),
        request({ schema: { [space.name]: { 't.sql': 'CREATE TABLE t (id INT PRIMARY KEY, k BIGINT)' } } }),
      );
      await expect(planning).rejects.toMatchObject(expected);
    }
  });
});

it('pulls files that plan to nothing', async () => {
  await space.query("CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, a VARCHAR(9) COMMENT '🚀; x') COMMENT='y'");
  await space.query("INSERT INTO t (a) VALUES ('x')");
  const { schema } = await pullSchema(dependencies(server), [space.name]);
  expect(Object.keys(schema[space.name] ?? {})).toEqual(['t.sql']);
  expect((await planChange(dependencies(server), request({ schema }))).tasks).toEqual([]);
});
