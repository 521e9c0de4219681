import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { MysqlServer } from '../../src/mysql/index.js';
import { planChange } from '../../src/planner/index.js';
import { Workspace } from '../../src/planner/workspace.js';
import { TestNamespace } from '../support/namespace.js';
import { connectionConfig } from '../support/servers.js';

let space: TestNamespace;
beforeEach(async () => {
  space = await TestNamespace.create('verify');
});
afterEach(async () => {
  await space.drop();
});

it('blocks a table when the generated statement gives another one than desired (P4)', async () => {
  await space.query('CREATE TABLE t (id INT PRIMARY KEY, k INT)');
  const result = Reflect.get(Workspace.prototype, 'result');
  // A server that makes something else of every ALTER, as it does of one that says too little.
  vi.spyOn(Workspace.prototype, 'result').mockImplementation(async function (this: Workspace, table, statements) {
    const made = await result.call(this, table, statements);
    return statements.some((sql) => sql.startsWith('ALTER')) ? made.replace('bigint', 'mediumint') : made;
  });
  await using server = await MysqlServer.open(connectionConfig(space.server));
  const { tasks } = await planChange(
    {
      server,
      physical: (namespace) => namespace,
      signal: new AbortController().signal,
      log: { debug: () => undefined, info: () => undefined },
    },
    {
      target: 'a',
      environment: 'test',
      type: 'mysql',
      schema: { [space.name]: { 't.sql': 'CREATE TABLE t (id INT PRIMARY KEY, k BIGINT)' } },
    },
  );
  expect(tasks).toMatchObject([{ table: 't', safety: 'blocked', reasons: [{ code: 'not-verified' }] }]);
});
