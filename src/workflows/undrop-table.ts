import { workflowInfo } from '@temporalio/workflow';
import type { UndropTableInput, UndropTableResult } from '../contract/index.js';
import { controlActivities } from './activities.js';
import { assertTableName, assertTarget, refusal } from './change-input.js';
import { untilServed } from './scopes.js';

/** Brings back a table that a change has dropped, while it is kept. */
export async function undropTable(input: UndropTableInput): Promise<UndropTableResult> {
  assertTarget(input);
  assertTableName(input);
  const { taskQueue } = workflowInfo();
  const { namespace, table } = input;
  const activities = controlActivities(taskQueue, `undrop ${namespace}.${table}`);
  const { dropped } = await untilServed(() => activities.findDropped(input));
  if (dropped === null)
    throw refusal(
      'undrop_refused',
      `Expected a dropped table ${table} in ${namespace}, found none. Tables are kept for seven days, unless the plan said otherwise.`,
    );
  await untilServed(() => activities.restoreDropped({ ...input, dropped }));
  return { namespace, table, restoredFrom: dropped };
}
