import { workflowInfo } from '@temporalio/workflow';
import type { PullSchemaInput, PullSchemaResult } from '../contract/index.js';
import { readActivities } from './activities.js';
import { assertTarget } from './change-input.js';
import { untilServed } from './scopes.js';

/** Reads the live schema; the result is files per namespace. */
export async function pullSchema(input: PullSchemaInput): Promise<PullSchemaResult> {
  assertTarget(input);
  const { taskQueue } = workflowInfo();
  return untilServed(() => readActivities(taskQueue, `pull ${input.target}`).pullTables(input));
}
