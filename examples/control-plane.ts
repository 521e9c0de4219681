/**
 * A control plane in forty lines: plan, have it approved, apply, stop, resume, cut over. Needs a worker and the tables
 * of examples/schema on the target (CREATE DATABASE bookshop; sterna apply -s examples/schema -y --watch).
 *
 *   npx tsx examples/control-plane.ts local-a 'ALTER TABLE orders MODIFY note TEXT NOT NULL'
 */
import { createInterface } from 'node:readline/promises';
import { SternaClient } from 'sterna/client';
import { type ChangeState, renderPlanText } from 'sterna/contract';

const [target = 'local-a', statement = 'ALTER TABLE orders MODIFY note TEXT NOT NULL'] = process.argv.slice(2);
const caller = 'control-plane-example';

await using client = await SternaClient.connect({ dataPlane: process.env.STERNA_DATA_PLANE ?? 'sterna' });
const id = await client.start({
  target,
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

// The hash makes sure that exactly what was seen is applied. Until somebody answers, the change waits in Temporal.
const terminal = createInterface({ input: process.stdin, output: process.stdout });
const answer = await terminal.question('Apply it? [y/N] ');
terminal.close();
if (answer !== 'y') {
  await client.send(id, 'cancel', { caller, reason: 'not approved' });
  process.exit(1);
}
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
async function until(wanted: ChangeState): Promise<void> {
  for await (const { state } of client.watch(id)) {
    console.log(`  ${state}`);
    if (state === wanted) return;
  }
  throw new Error(`Expected ${id} to become ${wanted}; it ended before. See \`sterna status ${id}\`.`);
}
