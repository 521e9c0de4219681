import { Connection, Client } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { TestAccount } from '../support/account.js';
import { expectNoLeaks, findLeaks } from '../support/leaks.js';
import { TestNamespace, uniqueName } from '../support/namespace.js';
import { connect, testServers } from '../support/servers.js';
import { until } from '../support/until.js';

describe('the check for leaks', () => {
  it('names a connection, a table and a trigger that a test left, and nothing of its own', async () => {
    await using namespace = await TestNamespace.create('leaks');
    await using account = await TestAccount.create();
    await namespace.query('CREATE TABLE t (id INT PRIMARY KEY)');
    await expectNoLeaks({ namespaces: [namespace], users: [account.user] });

    await namespace.query('CREATE TABLE _t_sterna_new (id INT PRIMARY KEY)');
    await namespace.query('CREATE TABLE _sterna_0123456789 (id INT PRIMARY KEY)');
    await namespace.query('CREATE TRIGGER t_sterna_ins BEFORE INSERT ON t FOR EACH ROW SET NEW.id = NEW.id');
    const byUser = await connect(account.server);
    const byNamespace = await connect(namespace.server, namespace.name);
    try {
      expect(await findLeaks({ namespaces: [namespace], users: [account.user] })).toEqual(
        expect.arrayContaining([
          expect.stringContaining(`connection ${byUser.threadId} of ${account.user}`),
          expect.stringContaining(`connection ${byNamespace.threadId} of `),
          `table ${namespace.name}._t_sterna_new`,
          `table ${namespace.name}._sterna_0123456789`,
          `trigger ${namespace.name}.t_sterna_ins`,
        ]),
      );
      await expect(expectNoLeaks({ users: [account.user], timeoutMs: 100 })).rejects.toThrow('left behind by the test');
    } finally {
      await Promise.all([byUser.end(), byNamespace.end()]);
    }
    await expectNoLeaks({ users: [account.user] });
  });

  it('names an open workflow of the task queue', async () => {
    const connection = await Connection.connect({ address: testServers().temporalAddress });
    const taskQueue = uniqueName('queue');
    try {
      const handle = await new Client({ connection }).workflow.start('nobody', { taskQueue, workflowId: taskQueue });
      await until('the open workflow is seen', async () => (await findLeaks({ taskQueues: [taskQueue] })).length === 1);
      await handle.terminate();
      await expectNoLeaks({ taskQueues: [taskQueue] });
    } finally {
      await connection.close();
    }
  });
});

describe('until', () => {
  it('says what it waited for and what it saw last', async () => {
    await expect(until('pigs fly', () => 0, { timeoutMs: 20, intervalMs: 5 })).rejects.toThrow(
      '20 ms until pigs fly; last seen: 0',
    );
  });
});
