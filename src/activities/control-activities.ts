import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { ControlActivities, UndropTableInput } from '../contract/index.js';
import type { TargetRouter } from '../router/index.js';
import { requestOf } from './change-activities.js';
import { type ActivityDependencies, operate, type OperationKind } from './operation.js';

const SHORT: OperationKind = { beats: 'work', onDrain: 'hand over' };

/** Short work on the control queue, with slots of its own (C5). */
export function createControlActivities(
  dependencies: ActivityDependencies & { readonly router: Pick<TargetRouter, 'use'> },
): ControlActivities {
  return {
    writeControl: (input) => {
      const { changeId, route, control } = input;
      const fields = { changeId, target: route.target, environment: route.environment, sequence: control.sequence };
      return operate(dependencies, fields, { ...SHORT, awaitsRoute: input.begun === true }, (context) =>
        dependencies.router.use(requestOf(route), (client) => client.writeControl(input, context)),
      );
    },

    findDropped: (request) =>
      operate(dependencies, dropFields(request), SHORT, (context) =>
        dependencies.router.use(requestOf({ ...request, type: 'mysql' }), async (client) => ({
          dropped: await client.findDropped(request, context),
        })),
      ),

    restoreDropped: (request) =>
      operate(dependencies, dropFields(request), SHORT, (context) =>
        dependencies.router.use(requestOf({ ...request, type: 'mysql' }), (client) =>
          client.restoreDropped(request, context),
        ),
      ),

    findHolder: async ({ reservation }) => ({ changeId: await holderOf(reservation) }),

    awaitRelease: async ({ reservation }) => {
      const holder = await holderOf(reservation);
      if (holder === null) return;
      // The next attempt looks again; that is the plan, no fault.
      throw ApplicationFailure.create({
        type: 'target_held',
        message: `held by ${holder}`,
        category: ApplicationFailureCategory.BENIGN,
      });
    },

    requestCancel: async ({ changeId }) => {
      await Context.current().client.workflow.getHandle(changeId).cancel();
    },
  };
}

function dropFields({ target, environment, namespace, table }: UndropTableInput): Record<string, unknown> {
  return { target, environment, table: `${namespace}.${table}` };
}

/** The change whose child the reservation is; null when it has ended. */
async function holderOf(reservation: string): Promise<string | null> {
  try {
    const { status, raw } = await Context.current().client.workflow.getHandle(reservation).describe();
    if (status.name !== 'RUNNING') return null;
    return raw.workflowExecutionInfo?.parentExecution?.workflowId ?? reservation;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}
