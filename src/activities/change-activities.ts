import type { ChangeActivities, CleanUpInput, ObservedChange, StepInput, TaskProgress } from '../contract/index.js';
import type { TargetRouter } from '../router/index.js';
import type { OperationContext, TargetClient } from '../target/index.js';
import { type ActivityDependencies, operate, type OperationKind } from './operation.js';
import { useTarget } from './use-target.js';

const COPYING: OperationKind = { beats: 'work', onDrain: 'hand over' };
/** One statement may take hours and says nothing meanwhile: an index built in place, the drop of a large table. */
const STATEMENTS: OperationKind = { beats: 'timer', onDrain: 'hand over' };

/** The long steps, on the copy queue: each acquires the client of the plan's route (R1) and calls it. */
export function createChangeActivities(
  dependencies: ActivityDependencies & { readonly router: Pick<TargetRouter, 'use' | 'read'> },
): ChangeActivities {
  const use = dependencies.router.use.bind(dependencies.router);
  // It may be done twice: a password that was rotated a moment ago ends no change that has not begun.
  const claim = dependencies.router.read.bind(dependencies.router);
  const run = <T>(
    kind: OperationKind,
    input: StepInput | CleanUpInput,
    work: (client: TargetClient, context: OperationContext) => Promise<T>,
    acquire = use,
  ): Promise<T> =>
    operate(dependencies, fieldsOf(input), { ...kind, awaitsRoute: input.begun === true }, (context) =>
      useTarget(acquire, input.route, context, (client) => work(client, observed(context, input)), {
        onWait: () => input.tasks.forEach(({ id }) => observed(context, input).progress(waiting(id))),
      }),
    );
  const observed = (context: OperationContext, { changeId, route }: StepInput | CleanUpInput): OperationContext => {
    const change: ObservedChange = { changeId, target: route.target, environment: route.environment };
    return {
      ...context,
      progress: (progress) => {
        context.progress(progress);
        dependencies.observers?.progress(change, progress);
      },
    };
  };
  return {
    claimTarget: (step) => run(STATEMENTS, step, (client, context) => client.claimTarget(step, context), claim),
    runStatements: (step) => run(STATEMENTS, step, (client, context) => client.runStatements(step, context)),
    prepareTables: (step) => run(COPYING, step, (client, context) => client.prepareTables(step, context)),
    copyTables: (step) => run(COPYING, step, (client, context) => client.copyTables(step, context)),
    holdTables: (step) => run(COPYING, step, (client, context) => client.holdTables(step, context)),
    cutOver: (step) => run(COPYING, step, (client, context) => client.cutOver(step, context)),
    guardRevert: (step) => run(COPYING, step, (client, context) => client.guardRevert(step, context)),
    revertTables: (step) => run(COPYING, step, (client, context) => client.revertTables(step, context)),
    cleanUp: (input) => run(STATEMENTS, input, (client, context) => client.cleanUp(input, context)),
  };
}

function fieldsOf({ changeId, route, tasks }: StepInput | CleanUpInput): Record<string, unknown> {
  return { changeId, target: route.target, environment: route.environment, tasks: tasks.map((task) => task.id) };
}

/** What is told of a task while its step has no client. */
function waiting(table: string): TaskProgress {
  const waitingFor = 'a client of the worker: all are in use (maxClients)';
  return { table, phase: 'preparing', rows: 0, of: 0, percent: 0, rowsPerSecond: 0, waitingFor };
}
