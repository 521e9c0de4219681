import { workflowInfo } from '@temporalio/workflow';
import type { PullSchemaInput, PullSchemaResult } from '../contract/index.js';
import { readActivities } from './activities.js';

/** Reads the live schema; the result is files per namespace. */
export async function pullSchema(input: PullSchemaInput): Promise<PullSchemaResult> {
  return readActivities(workflowInfo().taskQueue, `pull ${input.target}`).pullTables(input);
}
