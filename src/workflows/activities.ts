import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { ChangeActivities, ControlActivities, ReadActivities } from '../contract/index.js';
import { taskQueues } from '../contract/index.js';

/** Gaps between attempts stay short: a driver that was lost is missed by the application's owner. */
const RETRY = { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '5s' } as const;
const HEARTBEAT = '15s';

/** Planning and looking: a server that stays away ends them. */
export function readActivities(dataPlane: string, summary: string): ReadActivities {
  return proxyActivities<ReadActivities>({
    taskQueue: taskQueues(dataPlane).main,
    startToCloseTimeout: '1h',
    heartbeatTimeout: HEARTBEAT,
    retry: { ...RETRY, maximumAttempts: 5 },
    summary,
  });
}

/** Long steps: attempts without limit, since work that has started stays the authority. */
export function changeActivities(dataPlane: string, summary: string): ChangeActivities {
  return proxyActivities<ChangeActivities>({
    taskQueue: taskQueues(dataPlane).copy,
    startToCloseTimeout: '365d',
    heartbeatTimeout: HEARTBEAT,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: RETRY,
    summary,
  });
}

/** Tries for long, but not for ever: a target that is gone must not keep its change open (S3). */
export function cleanUpActivity(dataPlane: string): Pick<ChangeActivities, 'cleanUp'> {
  return proxyActivities<Pick<ChangeActivities, 'cleanUp'>>({
    taskQueue: taskQueues(dataPlane).copy,
    scheduleToCloseTimeout: '1h',
    heartbeatTimeout: HEARTBEAT,
    retry: RETRY,
    summary: 'clean up',
  });
}

/** On a queue of their own, so that a full copy queue never delays a stop. */
export function controlActivities(dataPlane: string, summary: string): Omit<ControlActivities, 'awaitRelease'> {
  return proxyActivities<ControlActivities>({
    taskQueue: taskQueues(dataPlane).control,
    startToCloseTimeout: '30s',
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: RETRY,
    summary,
  });
}

/** Looks every second; failed attempts leave nothing in the history, however long it takes. */
export function releaseActivity(dataPlane: string, summary: string): Pick<ControlActivities, 'awaitRelease'> {
  return proxyActivities<Pick<ControlActivities, 'awaitRelease'>>({
    taskQueue: taskQueues(dataPlane).control,
    startToCloseTimeout: '30s',
    retry: { initialInterval: '1s', backoffCoefficient: 1 },
    summary,
  });
}
