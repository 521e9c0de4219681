import { Client, Connection } from '@temporalio/client';
import { expect } from 'vitest';
import type { TestNamespace } from './namespace.js';
import { connect, testServers, type TestServer } from './servers.js';
import { until } from './until.js';

export interface LeakScope {
  /** @default the first test server */
  readonly server?: TestServer;
  /** No table of Sterna may be left in them, and no connection but their own may have one as its default. */
  readonly namespaces?: readonly TestNamespace[];
  /** Users of the test (`TestAccount.user`): none may have a connection left. */
  readonly users?: readonly string[];
  /** Task queues of the test: no workflow may be open on one. */
  readonly taskQueues?: readonly string[];
  /** Milliseconds in which connections and workflows may still close. @default 5_000 */
  readonly timeoutMs?: number;
}

/** Fails with a list when the test left something behind: connections, Sterna's tables, open workflows (E7, K4). */
export async function expectNoLeaks({ timeoutMs = 5_000, ...scope }: LeakScope): Promise<void> {
  let leaks: string[] = [];
  try {
    await until('nothing is left', async () => (leaks = await findLeaks(scope)).length === 0, { timeoutMs });
  } catch (error) {
    // When the time ran out, the list says more than the wait.
    expect(leaks, 'left behind by the test').toEqual([]);
    throw error;
  }
}

/** What is left right now, one line each. */
export async function findLeaks(scope: Omit<LeakScope, 'timeoutMs'>): Promise<string[]> {
  return [...(await mysqlLeaks(scope)), ...(await openWorkflows(scope.taskQueues ?? []))];
}

const LEAKS = `
  SELECT CONCAT('connection ', id, ' of ', user, ', schema ', COALESCE(db, '-'), ', ', command, ' ', COALESCE(LEFT(info, 80), '')) AS leak
    FROM performance_schema.processlist
   WHERE id <> CONNECTION_ID() AND id NOT IN (?) AND (user IN (?) OR db IN (?))
   UNION ALL
  SELECT CONCAT('table ', table_schema, '.', table_name)
    FROM information_schema.tables
   WHERE table_schema IN (?) AND table_name LIKE '\\\\_%sterna\\\\_%'
   UNION ALL
  SELECT CONCAT('trigger ', trigger_schema, '.', trigger_name)
    FROM information_schema.triggers
   WHERE trigger_schema IN (?) AND trigger_name LIKE '%sterna%'`;

async function mysqlLeaks({
  server = testServers().mysqlA,
  namespaces = [],
  users = [],
}: LeakScope): Promise<string[]> {
  if (namespaces.length + users.length === 0) return [];
  // `IN ()` is no SQL: an id and a name that nothing has fill the empty lists.
  const own = [0, ...namespaces.map(({ connection }) => connection.threadId)];
  const schemas = ['', ...namespaces.map(({ name }) => name)];
  const connection = await connect(server);
  try {
    const [rows] = await connection.query(LEAKS, [own, ['', ...users], schemas, schemas, schemas]);
    return (rows as { leak: string }[]).map(({ leak }) => leak);
  } finally {
    await connection.end();
  }
}

async function openWorkflows(taskQueues: readonly string[]): Promise<string[]> {
  if (taskQueues.length === 0) return [];
  const connection = await Connection.connect({ address: testServers().temporalAddress });
  try {
    const queues = taskQueues.map((queue) => `'${queue}'`).join(', ');
    const query = `TaskQueue IN (${queues}) AND ExecutionStatus = 'Running'`;
    const leaks: string[] = [];
    for await (const { workflowId, type } of new Client({ connection }).workflow.list({ query })) {
      leaks.push(`open workflow ${workflowId} (${type})`);
    }
    return leaks;
  } finally {
    await connection.close();
  }
}
