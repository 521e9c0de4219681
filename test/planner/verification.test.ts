import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Plan, type PlanRequest, SternaError } from '../../src/contract/index.js';
import { type ConnectionConfig, MysqlServer } from '../../src/mysql/index.js';
import { Session } from '../../src/mysql/session.js';
import { planChange } from '../../src/planner/index.js';
import { Workspace } from '../../src/planner/workspace.js';
import { TestNamespace } from '../support/namespace.js';
import { connectionConfig } from '../support/servers.js';
import { tableName } from './planning.js';

let space: TestNamespace;
beforeEach(async () => {
  space = await TestNamespace.create('verify');
});
afterEach(async () => {
  await space.drop();
});

async function plan(
  desired: string,
  config: ConnectionConfig = connectionConfig(space.server),
  physical = (namespace: string): string => namespace,
  what: Pick<PlanRequest, 'schema' | 'statements'> = {
    schema: { [space.name]: { [`${tableName(desired)}.sql`]: desired } },
  },
): Promise<Plan> {
  await using server = await MysqlServer.open(config);
  return await planChange(
    { server, physical, signal: new AbortController().signal, log: { warn: () => undefined } },
    { target: 'a', environment: 'test', type: 'mysql', ...what },
  );
}

async function planOf(...of: Parameters<typeof plan>): Promise<Plan['tasks']> {
  return (await plan(...of)).tasks;
}

it('blocks a table when the generated statement gives another one than desired (P4)', async () => {
  await space.query('CREATE TABLE t (id INT PRIMARY KEY, k INT)');
  const firstResult = Reflect.get(Workspace.prototype, 'firstResult');
  // A server that makes something else of every ALTER, as it does of one that says too little.
  vi.spyOn(Workspace.prototype, 'firstResult').mockImplementation(async function (this: Workspace, ...args) {
    const made = await firstResult.apply(this, args);
    const isAltered = args[2].some((sql) => sql.startsWith('ALTER'));
    return isAltered ? { ...made, result: made.result.replace('bigint', 'mediumint') } : made;
  });
  const tasks = await planOf('CREATE TABLE t (id INT PRIMARY KEY, k BIGINT)');
  expect(tasks).toMatchObject([{ table: 't', safety: 'blocked', reasons: [{ code: 'not-verified' }] }]);
});

it('refuses a namespace that the target does not allow before it connects (R4)', async () => {
  const refuse = (): never => {
    throw new SternaError('namespace_not_allowed', 'not this one');
  };
  const nowhere = { ...connectionConfig(space.server), port: 1 };
  await expect(planOf('CREATE TABLE t (id INT)', nowhere, refuse)).rejects.toMatchObject({
    code: 'namespace_not_allowed',
  });
});

it.each([
  [
    'changes-unique-collation',
    'id INT PRIMARY KEY, u VARCHAR(9) COLLATE utf8mb4_bin UNIQUE',
    'utf8mb4_bin',
    'utf8mb4_0900_ai_ci',
  ],
  ['renames-column', 'id INT PRIMARY KEY, u INT', 'u INT', 'U INT'],
  ['drops-primary-key', 'id INT NOT NULL, u INT NOT NULL UNIQUE, PRIMARY KEY (id)', ', PRIMARY KEY (id)', ''],
])('asks for consent: %s (P2)', async (code, columns, from, to) => {
  await space.query(`CREATE TABLE t (${columns})`);
  await space.query('INSERT INTO t VALUES (1, 1)');
  const tasks = await planOf(`CREATE TABLE t (${columns.replace(from, to)})`);
  expect(tasks[0]?.safety).not.toBe('safe');
  expect(tasks[0]?.reasons).toContainEqual(expect.objectContaining({ code }));
});

it('plans no copy on a server whose binlog does not tell every change (P3)', async () => {
  await space.query('CREATE TABLE t (id INT PRIMARY KEY, k INT)');
  const query = Reflect.get(Session.prototype, 'query');
  vi.spyOn(Session.prototype, 'query').mockImplementation(async function (this: Session, sql, values, options) {
    const rows = await query.call(this, sql, values, options);
    const misfit = sql.includes('@@GLOBAL.binlog_row_image') ? { binlog_row_image: 'MINIMAL' } : {};
    return rows.map((row) => ({ ...row, ...misfit }));
  });
  await expect(planOf('CREATE TABLE t (id INT PRIMARY KEY, k BIGINT)')).rejects.toMatchObject({
    code: 'binlog_unsuitable',
  });
  const [task] = await planOf('CREATE TABLE t (id INT PRIMARY KEY, k INT, n INT)');
  expect(task?.execution).toBe('instant'); // which no binlog is needed for
});

it.each([
  ['engine', 'id INT PRIMARY KEY, k INT', ') ENGINE=MyISAM', 'k INT', 'k BIGINT'],
  ['no-tracked-key', 'id INT UNIQUE, k INT', ')', 'k INT', 'k BIGINT'],
  ['tracked-key-changes', 'id INT PRIMARY KEY, k INT', ')', 'id INT', 'id DECIMAL(9)'],
  ['tracked-key-changes', 'id DATETIME(6) PRIMARY KEY', ')', '(6)', '(3)'],
  ['tracked-key-changes', 'a INT, b INT, KEY (a) INVISIBLE, PRIMARY KEY (a, b)', ')', '(a, b)', '(b, a)'],
  ['null-becomes-id', 'id INT PRIMARY KEY, k INT', ')', 'k INT', 'k INT NOT NULL AUTO_INCREMENT UNIQUE'],
  ['tracked-key-changes', 'id VARCHAR(9) COLLATE utf8mb4_bin PRIMARY KEY', ')', 'utf8mb4_bin', 'utf8mb4_0900_ai_ci'],
  ['tracked-key-changes', 'id VARCHAR(9) CHARACTER SET gbk PRIMARY KEY', ')', 'gbk', 'utf8mb4'],
])('blocks what cannot be copied: %s of %s (P3)', async (code, columns, end, from, to) => {
  await space.query(`CREATE TABLE t (${columns}${end}`);
  const tasks = await planOf(`CREATE TABLE t (${columns.replace(from, to)}${end}`);
  expect(tasks).toMatchObject([{ safety: 'blocked' }]);
  expect(tasks[0]?.reasons).toContainEqual(expect.objectContaining({ code }));
});

it.each([
  ['a key in whatever charset', 'id VARCHAR(9) CHARACTER SET gbk PRIMARY KEY, k INT'],
  ['a VECTOR', 'id INT PRIMARY KEY, e VECTOR(3), k INT'],
])('copies a table with %s (P3)', async (_, columns) => {
  await space.query(`CREATE TABLE t (${columns})`);
  expect(await planOf(`CREATE TABLE t (${columns.replace('k INT', 'k BIGINT')})`)).toMatchObject([
    { execution: 'copy', safety: 'safe' },
  ]);
});

it('is the same plan when nothing but the statistics has moved (P6)', async () => {
  await space.query('CREATE TABLE t (id INT PRIMARY KEY, k INT); INSERT INTO t VALUES (1, 1); ANALYZE TABLE t');
  const desired = 'CREATE TABLE t (id INT PRIMARY KEY, k BIGINT)';
  const before = await plan(desired);
  await space.query('INSERT INTO t VALUES (2, 2), (3, 3), (4, 4); ANALYZE TABLE t');
  const after = await plan(desired);
  expect(after.tasks[0]?.estimatedRows).not.toBe(before.tasks[0]?.estimatedRows);
  expect(after.planHash).toBe(before.planHash);
});

it.each([
  ['CHANGE a z BIGINT', [{ from: 'a', to: 'z' }], ['renames-column']],
  [
    'RENAME COLUMN a TO b, RENAME COLUMN b TO a, MODIFY k BIGINT',
    [
      { from: 'a', to: 'b' },
      { from: 'b', to: 'a' },
    ],
    ['renames-column', 'renames-column'],
  ],
  ['RENAME COLUMN a TO c, MODIFY k BIGINT', [{ from: 'a', to: 'c' }], ['renames-column']],
  ['DROP b, CHANGE a b TINYINT', [{ from: 'a', to: 'b' }], ['drops-column', 'narrows-type', 'renames-column']],
  ['CHANGE a c BIGINT, ADD COLUMN a INT', [{ from: 'a', to: 'c' }], ['renames-column']],
])(
  'asks for consent to a copy that renames columns, and plans where the values go: %s (P1, P2)',
  async (alter, renamedColumns, codes) => {
    await space.query('CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, k INT); INSERT INTO t VALUES (1, 1, 2, 3)');
    const { tasks } = await planOfStatement(alter);
    expect(tasks).toMatchObject([{ execution: 'copy', safety: 'unsafe', renamedColumns }]);
    expect(tasks[0]?.reasons.map(({ code }) => code).sort()).toEqual(codes);
    expect(tasks[0]?.executionReason).not.toContain('drops `a`');
  },
);

it.each([
  ['drops-and-adds', 'DROP COLUMN a, ADD COLUMN a INT'], // which an instant change would do to the values as well
  ['drops-and-adds', 'DROP `A`, ADD a BIGINT'],
])('refuses what names alone do not tell apart: %s by %s (P3)', async (code, alter) => {
  await space.query('CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT); INSERT INTO t VALUES (1, 1, 2)');
  expect((await planOfStatement(alter)).tasks).toMatchObject([
    { safety: 'blocked', reasons: [{ code, column: expect.any(String) as string }] },
  ]);
});

it('asks for consent: a column becomes computed, which replaces its values (P2)', async () => {
  await space.query('CREATE TABLE t (id INT PRIMARY KEY, a INT); INSERT INTO t VALUES (1, 5)');
  const [task] = await planOf('CREATE TABLE t (id INT PRIMARY KEY, a INT AS (id + 1) STORED)');
  expect(task).toMatchObject({ safety: 'unsafe', reasons: [{ code: 'computes-column' }] });
});

it.each([
  [
    'by the unique key that stays, when the primary key goes',
    'id INT PRIMARY KEY, u INT NOT NULL UNIQUE',
    'u INT PRIMARY KEY',
  ],
  [
    'by an index that is kept',
    'id INT PRIMARY KEY, u INT NOT NULL',
    'id INT, u INT NOT NULL, PRIMARY KEY (u), KEY (id)',
  ],
  [
    'by the same columns and another one',
    'id INT PRIMARY KEY, u INT NOT NULL',
    'id INT, u INT NOT NULL, PRIMARY KEY (id, u)',
  ],
])('follows rows %s', async (_, live, desired) => {
  await space.query(`CREATE TABLE t (${live})`);
  const [task] = await planOf(`CREATE TABLE t (${desired})`);
  expect(task).toMatchObject({ execution: 'copy' });
  expect(task?.safety).not.toBe('blocked');
});

it('shortens the names of its own tables, so that a long name is no obstacle', async () => {
  const name = 'n'.repeat(64);
  await space.query(`CREATE TABLE ${name} (id INT PRIMARY KEY, k INT)`);
  expect(await planOf(`CREATE TABLE ${name} (id INT PRIMARY KEY, k BIGINT)`)).toMatchObject([
    { execution: 'copy', safety: 'safe' },
  ]);
});

it.each([
  ['a view', 'CREATE VIEW t AS SELECT 1 AS id'],
  ['a temporary table', 'CREATE TEMPORARY TABLE t (id INT PRIMARY KEY)'],
])('finds no table where there is %s (P3)', async (_, sql) => {
  await space.query(sql);
  await expect(planOfStatement('MODIFY id BIGINT')).rejects.toMatchObject({ code: 'statement_invalid' });
});

function planOfStatement(alter: string): Promise<Plan> {
  return plan('', undefined, undefined, { statements: { [space.name]: [`ALTER TABLE t ${alter}`] } });
}
