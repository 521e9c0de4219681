/**
 * The same from any Temporal client, in any language: a workflow name, JSON, updates and queries; nothing of Sterna
 * is imported. Needs a worker and the tables of examples/schema on `local-a`; see control-plane.ts.
 *
 *   npx tsx examples/plain-client.ts 'ALTER TABLE orders ADD COLUMN state VARCHAR(20)'
 */
import { Client, Connection } from '@temporalio/client';

const [statement = 'ALTER TABLE orders ADD COLUMN state VARCHAR(20)'] = process.argv.slice(2);
const connection = await Connection.connect({ address: process.env.TEMPORAL_ADDRESS ?? 'localhost:7233' });
const client = new Client({ connection });

const change = await client.workflow.start('schemaChange', {
  taskQueue: process.env.STERNA_DATA_PLANE ?? 'sterna',
  workflowId: `plain-client-example-${Date.now()}`, // the idempotency key: the same id is the same change
  args: [
    { target: 'local-a', environment: 'development', statements: { bookshop: [statement] }, caller: 'plain-client' },
  ],
});
for (;;) {
  const { state } = await change.query<{ state: string }>('status');
  if (state === 'planned') break;
  if (state !== 'planning') throw new Error(`Expected a plan, the change is ${state}.`);
  await new Promise((resolve) => setTimeout(resolve, 200));
}
const plan = await change.query<{ planHash: string; tasks: { statements: string[] }[] }>('plan');
console.log(plan.tasks.flatMap((task) => task.statements).join(';\n'));

// An update is accepted and durable when it returns, or refused with the reason; a signal of the same name works too.
const answer = await change.executeUpdate('apply', { args: [{ caller: 'plain-client', planHash: plan.planHash }] });
console.log(answer, await change.result());
await connection.close();
