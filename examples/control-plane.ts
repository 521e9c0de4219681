/**
 * A control plane in forty lines: plan, approve, apply, stop, resume, cut over. Needs a worker and the tables of
 * examples/schema on `local-a` (CREATE DATABASE bookshop; sterna apply -s examples/schema -y --watch). In a project
 * of your own, import from 'sterna/client'.
 *
 *   npx tsx examples/control-plane.ts 'ALTER TABLE orders MODIFY note VARCHAR(500) NOT NULL'
 */
import { type ChangeState, type ChangeStatus, renderPlanText, SternaClient } from '../src/index.js';

const caller = 'control-plane-example';
const [statement = 'ALTER TABLE orders MODIFY note VARCHAR(500) NOT NULL'] = process.argv.slice(2);
const dataPlane = process.env.STERNA_DATA_PLANE ?? 'sterna';

await using client = await SternaClient.connect({ dataPlane });
const id = await client.start({
  target: 'local-a',
  environment: 'development',
  statements: { bookshop: [statement] },
  options: { deferCutover: true },
  caller,
  reason: 'shows how a control plane steers a change',
});
console.log(`started ${id}`);

await until('planned');
const plan = await client.plan(id);
if (plan === null) throw new Error(`Expected a plan of ${id}, found none.`);
console.log(renderPlanText(plan));

// Here somebody looks at the plan. The hash makes sure that exactly what was seen is applied.
await client.send(id, 'apply', { caller, planHash: plan.planHash });
await until('waiting_for_cutover');
await client.send(id, 'stop', { caller, reason: 'peak hours' });
await until('stopped');
await client.send(id, 'resume', { caller });
await until('waiting_for_cutover');
await client.send(id, 'cutover', { caller });
const { state, tasks } = await client.result(id);
console.log(state, tasks.map((task) => `${task.id}: ${task.report?.rowsCopied ?? 0} rows`).join(', '));

/** Every change of the status goes by until the state is there; an end that was not asked for is an error. */
async function until(wanted: ChangeState): Promise<ChangeStatus> {
  for await (const status of client.watch(id)) {
    console.log(`  ${status.state}`);
    if (status.state === wanted) return status;
  }
  throw new Error(`Expected ${id} to become ${wanted}; it ended before. See \`sterna status ${id}\`.`);
}
