import type { WorkflowExecutionDescription } from '@temporalio/client';
import type { TaskProgress } from '../contract/index.js';

/** What the running step of a change tells: its rows, and why it has to be tried again. */
export interface PendingStep {
  readonly progress?: TaskProgress;
  readonly failure?: string;
}

/** Temporal's state of an activity that waits for its next attempt. */
const SCHEDULED = 1;

/** Of the first activity that has not ended: a change runs one step at a time. */
export function pendingStep({ raw }: Pick<WorkflowExecutionDescription, 'raw'>): PendingStep {
  const [pending] = raw.pendingActivities ?? [];
  if (pending == null) return {};
  const { heartbeatDetails, lastFailure, attempt, state } = pending;
  const data = heartbeatDetails?.payloads?.[0]?.data;
  const waits = Number(state) === SCHEDULED && lastFailure?.message;
  return {
    ...(data?.length ? { progress: JSON.parse(Buffer.from(data).toString()) as TaskProgress } : {}),
    ...(waits
      ? {
          failure: `attempt ${attempt} after ${lastFailure.applicationFailureInfo?.type ?? 'an error'}: ${lastFailure.message}`,
        }
      : {}),
  };
}
