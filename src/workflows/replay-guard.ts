import type { ConcludeActivationInput, WorkflowInterceptorsFactory } from '@temporalio/workflow';

type Command = ConcludeActivationInput['commands'][number];

/** Each of these is one event behind the completion of its workflow task, unless it is taken back in the same task. */
const RECORDED = [
  ...(['scheduleActivity', 'startTimer'] as const),
  ...(['startChildWorkflowExecution', 'upsertWorkflowSearchAttributes'] as const),
];
const TAKEN_BACK = ['requestCancelActivity', 'cancelTimer', 'cancelChildWorkflowExecution'] as const;
/** Events between two tasks apart from those: the completion of one; the schedule and the start of the next. */
const FRAME = 3;

/**
 * Keeps histories replayable (S4). A query that waited for a worker may bring events that no workflow task has taken yet,
 * e.g. the end of an activity. The SDK runs the workflow on with them and keeps it so in its cache. A message that comes with
 * the task would then be recorded behind what those events led to, while a replay takes the message first, and fails for ever.
 * Such a workflow has issued commands that the history behind it has no room for: the task is failed, which makes the
 * worker forget the workflow, and Temporal gives the task out again with the whole history.
 */
export const interceptors: WorkflowInterceptorsFactory = () => {
  let known = 0;
  let issued = 0;
  const count = (commands: readonly Command[], kinds: readonly (keyof Command)[]): number =>
    commands.filter((command) => kinds.some((kind) => command[kind] != null)).length;
  return {
    internals: [
      {
        activate(input, next) {
          const { jobs, historyLength } = input.activation;
          const length = historyLength ?? 0;
          const isRead = jobs?.every(({ queryWorkflow, removeFromCache }) => queryWorkflow ?? removeFromCache);
          if (isRead !== true && length !== known) {
            if (issued > 0 && length < known + issued + FRAME)
              throw new Error(
                `Expected the ${issued} commands of this workflow in its history, which has no room for them: a query made it run ahead. It is replayed.`,
              );
            known = length;
            issued = 0;
          }
          next(input);
        },
        concludeActivation(input, next) {
          const output = next(input);
          issued += count(output.commands, RECORDED) - count(output.commands, TAKEN_BACK);
          return output;
        },
      },
    ],
  };
};
