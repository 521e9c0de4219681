import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { ChangeActivities, ControlActivities, ReadActivities } from '../contract/index.js';
import { taskQueues } from '../contract/index.js';

/** Gaps between attempts stay short: a driver that was lost is missed by the application's owner. */
const RETRY = { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '5s' } as const;

/** Short reads for planning and looking; a server that stays away ends them. */
export function readActivities(dataPlane: string, summary: string): ReadActivities {
  return proxyActivities<ReadActivities>({
    taskQueue: taskQueues(dataPlane).main,
    startToCloseTimeout: '1h',
    retry: { ...RETRY, maximumAttempts: 4 },
    summary,
  });
}

/** Long steps: attempts without limit, since work that has started stays the authority. */
export function changeActivities(dataPlane: string, summary: string): ChangeActivities {
  return proxyActivities<ChangeActivities>({
    taskQueue: taskQueues(dataPlane).copy,
    startToCloseTimeout: '365d',
    heartbeatTimeout: '15s',
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: RETRY,
    summary,
  });
}

/** Dropping a large table takes its time and says nothing meanwhile. */
export function cleanUpActivity(dataPlane: string): Pick<ChangeActivities, 'cleanUp'> {
  return proxyActivities<Pick<ChangeActivities, 'cleanUp'>>({
    taskQueue: taskQueues(dataPlane).copy,
    startToCloseTimeout: '1h',
    retry: RETRY,
    summary: 'clean up',
  });
}

/** On a queue of their own, so that a full copy queue never delays a stop. */
export function controlActivities(dataPlane: string, summary: string): ControlActivities {
  return proxyActivities<ControlActivities>({
    taskQueue: taskQueues(dataPlane).control,
    startToCloseTimeout: '30s',
    retry: RETRY,
    summary,
  });
}
