import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { type ControlActivities, type UndropTableInput, DEFAULT_TARGET_TYPE } from '../contract/index.js';
import type { TargetRouter } from '../router/index.js';
import { type ActivityDependencies, operate, type OperationKind } from './operation.js';
import { useTarget } from './use-target.js';

const SHORT: OperationKind = { beats: 'work', onDrain: 'hand over' };
/** It waits for no client (C1). */
const AT_ONCE = { urgent: true };

/** Short work on the control queue, with slots of its own (C5). */
export function createControlActivities(
  dependencies: ActivityDependencies & { readonly router: Pick<TargetRouter, 'use'> },
): ControlActivities {
  const use = dependencies.router.use.bind(dependencies.router);
  return {
    writeControl: (input) => {
      const { changeId, route, control } = input;
      const fields = { changeId, target: route.target, environment: route.environment, sequence: control.sequence };
      return operate(dependencies, fields, { ...SHORT, awaitsRoute: input.begun === true }, (context) =>
        useTarget(use, route, context, (client) => client.writeControl(input, context), AT_ONCE),
      );
    },

    findDropped: (request) =>
      operate(dependencies, dropFields(request), SHORT, (context) =>
        useTarget(
          use,
          { type: DEFAULT_TARGET_TYPE, ...request },
          context,
          async (client) => ({ dropped: await client.findDropped(request, context) }),
          AT_ONCE,
        ),
      ),

    restoreDropped: (request) =>
      operate(dependencies, dropFields(request), SHORT, (context) =>
        useTarget(
          use,
          { type: DEFAULT_TARGET_TYPE, ...request },
          context,
          (client) => client.restoreDropped(request, context),
          AT_ONCE,
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
