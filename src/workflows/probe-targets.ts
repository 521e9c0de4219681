import { workflowInfo } from '@temporalio/workflow';
import type { ProbeTargetsInput, ProbeTargetsResult } from '../contract/index.js';
import { readActivities } from './activities.js';

/** Connects to every target that the inventory can list; one result a target. */
export async function probeTargets(input: ProbeTargetsInput): Promise<ProbeTargetsResult> {
  return readActivities(workflowInfo().taskQueue, 'probe targets').probeAll(input);
}
