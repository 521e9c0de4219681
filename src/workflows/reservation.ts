import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { isCancellation, ParentClosePolicy, startChild } from '@temporalio/workflow';
import { reservationId, type Route } from '../contract/index.js';
import { controlActivities, releaseActivity } from './activities.js';
import { refusal } from './change-input.js';
import type { ChangeMachine } from './change-machine.js';
import { cancelWhen, untilServed } from './scopes.js';
import { targetReservation } from './target-reservation.js';

/**
 * Takes the target for this change (C4): one child of that id runs at a time, and it ends with its parent,
 * however the parent ends. A change that queues sleeps until the holder is gone, and tries again.
 *
 * @param gate waits while the change is stopped; throws when it is cancelled
 */
export async function reserveTarget(
  machine: ChangeMachine,
  { changeId, dataPlane, route }: { changeId: string; dataPlane: string; route: Route },
  gate: () => Promise<void>,
): Promise<void> {
  const reservation = reservationId(route);
  const summary = `reservation of ${route.target}`;
  for (;;) {
    await gate();
    try {
      await startChild(targetReservation, {
        workflowId: reservation,
        args: [{ changeId }],
        parentClosePolicy: ParentClosePolicy.TERMINATE,
        staticSummary: `held by ${changeId}`,
      });
      machine.reserved();
      return;
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    const { changeId: holder } = await untilServed(() =>
      controlActivities(dataPlane, summary).findHolder({ reservation }),
    );
    if (holder === null) continue; // gone in the meantime
    if (machine.options.onConflict === 'reject') {
      throw refusal(
        'target_held',
        `Expected target ${route.target} (${route.environment}) to be free, change ${holder} holds it. Wait for it, or start with onConflict "queue".`,
      );
    }
    machine.waitFor(`target ${route.target}, held by ${holder}`);
    try {
      await cancelWhen(
        () => machine.stopRequested || machine.cancelRequested,
        0,
        () => untilServed(() => releaseActivity(dataPlane, summary).awaitRelease({ reservation })),
      );
    } catch (error) {
      if (!isCancellation(error)) throw error;
    }
  }
}
