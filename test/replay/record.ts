import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { WorkflowHandle } from '@temporalio/client';
import { reservationId, SternaError } from '../../src/contract/index.js';
import { until } from '../support/until.js';
import { TestDataPlane } from '../workflows/data-plane.js';
import { plan, plannedTask } from '../workflows/plans.js';
import { ScriptedTarget } from '../workflows/scripted-target.js';

/**
 * Records one history of each workflow, and of each way through `schemaChange`, for the replay test:
 * `npx tsx test/replay/record.ts`. To be run when a workflow was changed on purpose, behind `patched()` or
 * before a release: what is recorded is what running changes have in their histories.
 */
const FOLDER = path.join(path.dirname(fileURLToPath(import.meta.url)), 'histories');

/** What tells of the machine that recorded: its name in identities, its folders in stack traces. */
const LOCAL: Readonly<Record<string, string>> = { identity: 'recorded', stackTrace: '' };

await mkdir(FOLDER, { recursive: true });
await using plane = await TestDataPlane.start();

const target = (name: string, ...tasks: ReturnType<typeof plannedTask>[]): ScriptedTarget => {
  const script = new ScriptedTarget(plan(tasks, name));
  plane.targets.set(name, script);
  return script;
};
const MIXED = [
  plannedTask('new', { action: 'create', execution: 'direct' }),
  plannedTask('a'),
  plannedTask('quick', { execution: 'instant' }),
];

{
  const script = target('deferred', ...MIXED).hold('copyTables');
  const change = await plane.begin({ target: 'deferred', options: { deferCutover: true } });
  await change.reaches('planned');
  await change.send('apply');
  await until('it copies', () => script.count('copyTables') > 0);
  await change.send('setVolume', { volume: 3 });
  await change.signal('stop', { reason: 'peak hours' });
  await change.reaches('stopped');
  await change.signal('revert'); // refused
  await change.send('resume');
  script.finish('copyTables');
  await change.reaches('waiting_for_cutover');
  await change.send('cutover');
  await change.result();
  await save('schema-change-deferred', change.handle);
  await save(
    'target-reservation',
    plane.client.workflow.getHandle(reservationId({ target: 'deferred', environment: 'test', type: 'mysql' })),
  );
}
{
  const script = target('queued', ...MIXED).hold('copyTables');
  const first = await plane.begin({ target: 'queued', options: { autoApply: true } });
  await until('it copies', () => script.count('copyTables') > 0);
  const second = await plane.begin({ target: 'queued', options: { autoApply: true, onConflict: 'queue' } });
  await until('it waits', async () => (await second.status()).waitingFor?.includes(first.id));
  await first.send('cancel');
  await first.result().catch(() => undefined);
  script.finish('copyTables');
  script.hold('cutOver');
  await second.reaches('cutting_over');
  await second.send('stop');
  await second.reaches('stopped');
  await second.send('resume');
  script.finish('cutOver');
  await second.result();
  await save('schema-change-cancelled', first.handle);
  await save('schema-change-queued', second.handle);
}
{
  target('failing', ...MIXED).fail('copyTables', () => new SternaError('row_does_not_fit', 'too long'));
  const change = await plane.begin({ target: 'failing', options: { autoApply: true } });
  await change.result().catch(() => undefined);
  await save('schema-change-failed', change.handle);
}
{
  target('quick', plannedTask('quick', { execution: 'instant' }));
  const change = await plane.begin({ target: 'quick', options: { autoApply: true } });
  await change.result();
  await save('schema-change-instant', change.handle);
}
{
  target('idle', ...MIXED);
  const change = await plane.begin({ target: 'idle', options: { planTtl: '1s' } });
  await change.result();
  await save('schema-change-expired', change.handle);
}
for (const end of ['revert', 'finalize'] as const) {
  const name = `window-${end}`;
  const script = target(name, plannedTask('a', { revertible: true }));
  const change = await plane.begin({ target: name, options: { autoApply: true, revertWindow: '30m' } });
  await change.reaches('revert_window');
  await until('the guard runs', () => script.count('guardRevert') > 0);
  await change.send(end);
  await change.result();
  await save(`schema-change-${end}`, change.handle);
}
target('idle').kept = '_a_sterna_dropped_20260301T000000';
for (const [type, file, input] of [
  ['undropTable', 'undrop-table', { target: 'idle', environment: 'test', namespace: 'shop', table: 'a' }],
  ['pullSchema', 'pull-schema', { target: 'idle', environment: 'test' }],
  ['probeTargets', 'probe-targets', { targets: ['idle'] }],
] as const) {
  const handle = await plane.client.workflow.start(type, {
    taskQueue: plane.name,
    workflowId: `${type}/${plane.name}`,
    args: [input],
  });
  await handle.result();
  await save(file, handle);
}

async function save(name: string, handle: Pick<WorkflowHandle, 'fetchHistory'>): Promise<void> {
  const json = JSON.stringify(withoutIdentity(JSON.parse(historyToJSON(await handle.fetchHistory()))), null, 2);
  await writeFile(path.join(FOLDER, `${name}.json`), `${json}\n`);
  console.log(`${name}: ${json.length} bytes`);
}

/** Temporal notes process and host of every worker and client. */
function withoutIdentity(value: unknown): unknown {
  if (typeof value === 'string' && /^\d+@/.test(value)) return 'recorded';
  if (Array.isArray(value)) return value.map(withoutIdentity);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, LOCAL[key] ?? withoutIdentity(each)]));
}
