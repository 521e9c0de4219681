import { afterEach, beforeEach, expect, it } from 'vitest';
import { MysqlServer } from '../../src/mysql/index.js';
import { lintSchema, planChange, type PlanningDependencies } from '../../src/planner/index.js';
import { openTargetClient, operationContext } from '../../src/target/index.js';
import { TestAccount } from '../support/account.js';
import { MysqlProcess } from '../support/mysql-process.js';
import { TestNamespace } from '../support/namespace.js';
import { connectionConfig, testServers } from '../support/servers.js';
import { until } from '../support/until.js';
import { dependencies, request } from './planning.js';

/** Of the target, without the right to make a schema; and one that may do nothing else, on another server. */
let space: TestNamespace;
let reader: TestAccount;
let scratch: TestAccount;
let server: MysqlServer;
let workspace: MysqlServer;
beforeEach(async () => {
  space = await TestNamespace.create('elsewhere');
  await space.query('ALTER DATABASE CHARACTER SET latin1 COLLATE latin1_german2_ci');
  await space.query('CREATE TABLE t (id INT PRIMARY KEY, k INT, name VARCHAR(20))');
  reader = await TestAccount.create({
    grants: [
      `ALL ON \`${space.name}\`.*`,
      'REPLICATION CLIENT, REPLICATION SLAVE, XA_RECOVER_ADMIN, REFERENCES ON *.*',
    ],
  });
  scratch = await TestAccount.create({ server: testServers().mysqlB, grants: ['ALL ON `\\_sterna\\_ws\\_%`.*'] });
  server = await MysqlServer.open(connectionConfig(reader.server), 1);
  workspace = await MysqlServer.open(connectionConfig(scratch.server), 1);
});
afterEach(async () => {
  await Promise.all([server.close(), workspace.close()]);
  await Promise.all([reader.drop(), scratch.drop(), space.drop()]);
});

const made = (): PlanningDependencies => ({ ...dependencies(server), workspace });
const files = (sql: string): { schema: Record<string, Record<string, string>> } => ({
  schema: { [space.name]: { 't.sql': sql } },
});

it('makes the scratch schemas of a target that allows none, with the defaults of its schema (P4)', async () => {
  // As nobody has asked before: a text that is known needs no scratch schema.
  const sql = `CREATE TABLE t (id INT PRIMARY KEY, k BIGINT, name VARCHAR(20)) -- ${space.name}`;
  await expect(planChange(dependencies(server), request(files(sql)))).rejects.toMatchObject({ code: 'cannot_plan' });
  const { tasks } = await planChange(made(), request(files(sql)));
  expect(tasks.map(({ execution, safety }) => [execution, safety])).toEqual([['copy', 'safe']]);
  expect(tasks[0]?.desiredDefinition).toContain('CHARSET=latin1 COLLATE=latin1_german2_ci');
  expect(await lintSchema(made(), files(`${sql} again`))).toHaveLength(1);
  const left = await workspace.query(
    "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE '%sterna\\_ws%'",
  );
  expect(left).toEqual([]);
});

it('is refused where it would make other tables of the same texts', async () => {
  await using odd = await MysqlProcess.start({ options: ['--innodb-default-row-format=COMPACT'] });
  await using other = await MysqlServer.open(connectionConfig(odd.server), 1);
  const sql = `CREATE TABLE t (id INT PRIMARY KEY, k BIGINT, name VARCHAR(20)) -- ${space.name}, elsewhere`;
  const planning = planChange({ ...made(), workspace: other }, request(files(sql)));
  await expect(planning).rejects.toMatchObject({
    code: 'cannot_plan',
    message: expect.stringContaining('innodb_default_row_format (dynamic and compact)') as string,
  });
});

it('is what a target client plans on, and what is looked at for what plans need', async () => {
  const client = await openTargetClient('mysql', {
    connection: connectionConfig(reader.server),
    workspace: connectionConfig(scratch.server),
    physical: (namespace) => namespace,
    requireWriter: false,
  });
  const nothing = (): void => undefined;
  const context = operationContext({ log: { debug: nothing, info: nothing, warn: nothing, error: nothing } });
  const sql = `CREATE TABLE t (id INT PRIMARY KEY, k INT, name VARCHAR(21)) -- ${space.name}, of a client`;
  expect((await client.plan(request(files(sql)), context)).tasks).toHaveLength(1);
  const { findings } = await client.examine([space.name]);
  expect(findings.map(({ code }) => code)).not.toContain('workspace-privileges');
  await client.close();
  await until('it has no connection', () => client.connections() === 0, { intervalMs: 2 });
});
