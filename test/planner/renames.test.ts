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
  space = await TestNamespace.create('renames');
  await space.query('CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(9), b INT, KEY a (a), KEY b (b))');
  await space.query("INSERT INTO t VALUES (1, 'x', 2)");
});
afterEach(async () => {
  await space.drop();
});

const plan = (columns: string): Promise<Plan> => planTables(server, space.name, [`CREATE TABLE t (\n${columns})`]);
const RENAMED = '-- sterna:renamed from=a\n';

describe('a column that is said to be another one keeps its values (P1, P2)', () => {
  it('alone: a change of metadata, to which consent is needed', async () => {
    const desired = `id INT PRIMARY KEY,\n${RENAMED}z VARCHAR(9), b INT, KEY a (z), KEY b (b)`;
    const { tasks } = await plan(desired);
    expect(tasks).toMatchObject([
      {
        execution: 'instant',
        safety: 'unsafe',
        reasons: [{ code: 'renames-column', column: 'a' }],
        renamedColumns: [{ from: 'a', to: 'z' }],
        statements: ['ALTER TABLE `t` RENAME COLUMN `a` TO `z`, ALGORITHM=INSTANT'],
      },
    ]);
    await space.query(tasks[0]?.statements[0] ?? '');
    expect(await space.query('SELECT z FROM t')).toEqual([{ z: 'x' }]);
    expect((await plan(desired)).tasks).toEqual([]); // the line may stay in the file
  });

  it('with another type, at another place, in other indexes', async () => {
    const { tasks } = await plan(
      `id INT PRIMARY KEY, b INT,\n${RENAMED}z VARCHAR(300), c INT, KEY b (b), KEY a (z, b), KEY c (c)`,
    );
    expect(tasks).toMatchObject([{ execution: 'copy', safety: 'unsafe', renamedColumns: [{ from: 'a', to: 'z' }] }]);
    expect(tasks[0]?.statements[0]).toContain('CHANGE COLUMN `a` `z` varchar(300)');
  });

  it('two at once, with names in backticks, and another column under the old name', async () => {
    const { tasks } = await plan(
      `id INT PRIMARY KEY,\n  -- sterna:renamed from=\`a\`\n \`y,\` VARCHAR(9),\n-- sterna:renamed from=b\nz INT, a INT, KEY a (\`y,\`), KEY b (z)`,
    );
    expect(tasks).toMatchObject([
      {
        renamedColumns: [
          { from: 'a', to: 'y,' },
          { from: 'b', to: 'z' },
        ],
        statements: [
          'ALTER TABLE `t` RENAME COLUMN `a` TO `y,`, RENAME COLUMN `b` TO `z`, ADD COLUMN `a` int DEFAULT NULL, ALGORITHM=INSTANT',
        ],
      },
    ]);
  });

  it('with what is computed with it, which is defined again in the same statement', async () => {
    await space.query('ALTER TABLE t ADD COLUMN v VARCHAR(9) AS (a)');
    const { tasks } = await plan(
      `id INT PRIMARY KEY,\n${RENAMED}z VARCHAR(9), b INT, v VARCHAR(9) AS (z), KEY a (z), KEY b (b)`,
    );
    expect(tasks).toMatchObject([
      {
        safety: 'unsafe',
        renamedColumns: [{ from: 'a', to: 'z' }],
        statements: [
          expect.stringContaining('RENAME COLUMN `a` TO `z`, MODIFY COLUMN `v` varchar(9) GENERATED ALWAYS AS (`z`)'),
        ],
      },
    ]);
  });

  it.each([
    ['above no column', `id INT PRIMARY KEY, a VARCHAR(9), b INT,\n${RENAMED}KEY a (a)`],
    ['at the end', `id INT PRIMARY KEY\n${RENAMED}`],
  ])('and is refused %s', async (_, columns) => {
    await expect(plan(columns)).rejects.toMatchObject({
      code: 'schema_file_invalid',
      message: expect.stringMatching(/t\.sql:\d:1: expected a column below this line/) as string,
    });
  });

  it('but not by a line of a text', async () => {
    const { tasks } = await plan(
      `id INT PRIMARY KEY COMMENT 'x\n${RENAMED}',\nz VARCHAR(9), b INT, KEY a (z), KEY b (b)`,
    );
    expect(tasks[0]?.renamedColumns).toBeUndefined();
  });
});

it('has no other name for the engine when it is in other letters', async () => {
  const { tasks } = await plan('id INT PRIMARY KEY, A VARCHAR(9), b BIGINT, KEY a (A), KEY b (b)');
  expect(tasks).toMatchObject([{ execution: 'copy', safety: 'unsafe', reasons: [{ code: 'renames-column' }] }]);
  expect(tasks[0]?.renamedColumns).toBeUndefined();
});

it('reports a column that may be another one, and none that is said to be', async () => {
  const found = async (columns: string): Promise<(string | undefined)[]> =>
    ((await plan(columns)).tasks[0]?.lint ?? [])
      .filter(({ rule }) => rule === 'possible-rename')
      .map(({ column }) => column);
  expect(await found('id INT PRIMARY KEY, z VARCHAR(9), b INT, KEY b (b)')).toEqual(['a']);
  expect(await found('id INT PRIMARY KEY, z INT, b INT, KEY b (b)')).toEqual([]);
  expect(await found(`id INT PRIMARY KEY,\n${RENAMED}z VARCHAR(9), b INT, KEY b (b)`)).toEqual([]);
});
