import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { type ChildWorkflowHandle, condition, ParentClosePolicy, startChild } from '@temporalio/workflow';
import { type ControlActivities, reservationId, type Route } from '../contract/index.js';
import { refusal } from './change-input.js';
import type { ChangeMachine } from './change-machine.js';
import { targetReservation } from './target-reservation.js';

const LOOK_AGAIN = '1s';

/**
 * Takes the target for this change: one child of that id runs at a time, and it ends with its parent,
 * however the parent ends. A change that queues looks again every second; resolves to false when it is
 * cancelled meanwhile.
 */
export async function reserveTarget(
  machine: ChangeMachine,
  route: Route,
  changeId: string,
  activities: ControlActivities,
): Promise<ChildWorkflowHandle<typeof targetReservation> | undefined> {
  const reservation = reservationId(route);
  const ids = machine.tasks.map((task) => task.id);
  for (;;) {
    await condition(() => !machine.stopRequested || machine.cancelRequested);
    if (machine.cancelRequested) return undefined;
    try {
      const handle = await startChild(targetReservation, {
        workflowId: reservation,
        args: [{ changeId }],
        parentClosePolicy: ParentClosePolicy.TERMINATE,
        staticSummary: `held by ${changeId}`,
      });
      machine.waitFor(undefined);
      return handle;
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    const holder = await activities.findHolder({ reservation });
    if (holder.changeId === null) continue; // gone in the meantime
    if (machine.options.onConflict === 'reject') {
      throw refusal(
        'target_held',
        `Expected target ${route.target} (${route.environment}) to be free, change ${holder.changeId} holds it. Wait for it, or start with onConflict "queue".`,
      );
    }
    machine.waitFor(`target ${route.target}, held by ${holder.changeId}`);
    machine.set(ids, 'queued');
    await condition(() => machine.cancelRequested, LOOK_AGAIN);
  }
}
