import type { ChangeActivities, CleanUpInput, Route, StepInput } from '../contract/index.js';
import type { TargetRouter } from '../router/index.js';
import type { OperationContext, TargetClient } from '../target/index.js';
import { type ActivityDependencies, operate } from './operation.js';

/** The long steps, on the copy queue: each acquires the client of the plan's route (R1) and calls it. */
export function createChangeActivities(
  dependencies: ActivityDependencies & { readonly router: TargetRouter },
): ChangeActivities {
  const run = <T>(
    input: StepInput | CleanUpInput,
    work: (client: TargetClient, context: OperationContext) => Promise<T>,
  ): Promise<T> =>
    operate(dependencies, fieldsOf(input), (context) =>
      dependencies.router.use(requestOf(input.route), (client) => work(client, context)),
    );
  return {
    runStatements: (step) => run(step, (client, context) => client.runStatements(step, context)),
    prepareTables: (step) => run(step, (client, context) => client.prepareTables(step, context)),
    copyTables: (step) => run(step, (client, context) => client.copyTables(step, context)),
    holdTables: (step) => run(step, (client, context) => client.holdTables(step, context)),
    cutOver: (step) => run(step, (client, context) => client.cutOver(step, context)),
    cleanUp: (input) => run(input, (client, context) => client.cleanUp(input, context)),
  };
}

function fieldsOf(input: StepInput | CleanUpInput): object {
  return { change: input.changeId, target: input.route.target, tasks: input.tasks.map((task) => task.id) };
}

export function requestOf({ target, environment, type }: Route): {
  target: string;
  environment: string;
  type: 'mysql';
} {
  return { target, environment, type };
}
