import { workflowInfo } from '@temporalio/workflow';
import type { ProbeTargetsInput, ProbeTargetsResult } from '../contract/index.js';
import { readActivities } from './activities.js';
import { untilServed } from './scopes.js';

/** Connects to every target that the inventory can list; one result a target. */
export async function probeTargets(input: ProbeTargetsInput = {}): Promise<ProbeTargetsResult> {
  const { taskQueue } = workflowInfo();
  return untilServed(() => readActivities(taskQueue, 'probe targets').probeAll(input));
}
