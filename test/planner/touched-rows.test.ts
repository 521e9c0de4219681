import { afterEach, beforeEach, expect, it } from 'vitest';
import { MysqlServer } from '../../src/mysql/index.js';
import { TestNamespace } from '../support/namespace.js';
import { connectionConfig, testServers } from '../support/servers.js';
import { planTables } from './planning.js';

let space: TestNamespace;
let server: MysqlServer;
beforeEach(async () => {
  space = await TestNamespace.create('touched');
  server = await MysqlServer.open(connectionConfig(testServers().mysqlA));
});
afterEach(async () => {
  await server.close();
  await space.drop();
});

const BEFORE = 'CREATE TABLE t (id INT PRIMARY KEY, gone INT, n INT, name VARCHAR(20), u VARCHAR(20), mode INT)';
const AFTER =
  'CREATE TABLE t (id INT PRIMARY KEY, n SMALLINT NOT NULL, name VARCHAR(5), u VARCHAR(20) CHARACTER SET latin1, mode DATE)';

async function messages(): Promise<string[]> {
  const { tasks } = await planTables(server, space.name, [AFTER]);
  return tasks.flatMap((task) => task.reasons.map(({ message }) => message));
}

it('an unsafe change of a small table says how many rows it is about', async () => {
  await space.query(BEFORE);
  await space.query(
    "INSERT INTO t VALUES (1, 7, 40000, 'longer', 'ж', 1), (2, NULL, NULL, 'short', 'é', NULL), (3, 9, 3, 'x', NULL, NULL)",
  );
  expect(await messages()).toEqual([
    'drops column `gone` and its values: 2 of 3 rows have a value',
    '`n`: int to smallint narrows the range: 1 of 3 rows do not fit',
    '`n` becomes NOT NULL; rows without a value do not fit: 1 of 3 rows have none',
    '`name`: varchar(20) to varchar(5) shortens values: 1 of 3 rows do not fit',
    '`u`: not every character of utf8mb4 exists in latin1: 1 of 3 rows do not fit',
    '`mode`: int to date converts every value, and not all may fit: 1 of 3 rows have a value',
  ]);
});

it('one of a large table is not counted', async () => {
  await space.query(BEFORE.replace('gone INT', 'gone LONGBLOB'));
  // 129 MiB in a few rows: whatever the statistics say, the pages are there.
  await space.query("INSERT INTO t (id, gone, n) VALUES (1, REPEAT('x', 33 << 20), 1)");
  for (const id of [2, 3, 4])
    await space.query(`INSERT INTO t SELECT ${id}, gone, n, name, u, mode FROM t WHERE id = 1`);
  await space.query('ANALYZE TABLE t');
  expect(await messages()).toContain('`n` becomes NOT NULL; rows without a value do not fit');
});
