import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { ControlActivities } from '../contract/index.js';
import type { TargetRouter } from '../router/index.js';
import { requestOf } from './change-activities.js';
import { type ActivityDependencies, operate } from './operation.js';

/** Short work on the control queue, with slots of its own. */
export function createControlActivities(
  dependencies: ActivityDependencies & { readonly router: TargetRouter },
): ControlActivities {
  return {
    writeControl: (input) =>
      operate(dependencies, { change: input.changeId, target: input.route.target }, (context) =>
        dependencies.router.use(requestOf(input.route), (client) => client.writeControl(input, context)),
      ),

    findHolder: ({ reservation }) =>
      operate(dependencies, { reservation }, async () => {
        try {
          const { status, raw } = await Context.current().client.workflow.getHandle(reservation).describe();
          if (status.name !== 'RUNNING') return { changeId: null };
          return { changeId: raw.workflowExecutionInfo?.parentExecution?.workflowId ?? null };
        } catch (error) {
          if (error instanceof WorkflowNotFoundError) return { changeId: null };
          throw error;
        }
      }),

    requestCancel: ({ changeId }) =>
      operate(dependencies, { change: changeId }, async () => {
        await Context.current().client.workflow.getHandle(changeId).cancel();
      }),
  };
}
