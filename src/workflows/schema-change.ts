import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import {
  INTERNAL_SIGNALS,
  type MessageArguments,
  MESSAGE_NAMES,
  type MessageName,
  type MessageResult,
  MESSAGES,
  type Milestone,
  QUERIES,
  type SchemaChangeInput,
  type SchemaChangeResult,
} from '../contract/index.js';
import { controlActivities } from './activities.js';
import { refusal, resolveInput } from './change-input.js';
import { ChangeMachine } from './change-machine.js';
import { Details } from './details.js';
import { Lifecycle, toFailure } from './lifecycle.js';

/** One schema change: plan -> apply -> cutover -> end. Its workflow id is the change id. */
export async function schemaChange(input: SchemaChangeInput): Promise<SchemaChangeResult> {
  const { workflowId: changeId, taskQueue } = workflowInfo();
  const machine = new ChangeMachine(changeId, input, resolveInput(input), () => Date.now());
  const lifecycle = new Lifecycle(changeId, taskQueue, input, machine);
  const details = new Details(input);
  const refresh = (): void => details.refresh(machine.status(), machine.plan);

  for (const name of MESSAGE_NAMES) registerMessage(name, machine, lifecycle, refresh);
  setHandler(defineQuery(QUERIES.status), () => machine.status(), {
    description: 'State, tasks, what it waits for, the controls accepted now',
  });
  setHandler(defineQuery(QUERIES.plan), () => machine.plan ?? null, {
    description: 'The plan, complete; null while planning',
  });
  setHandler(defineQuery(QUERIES.events), () => machine.log.read(), {
    description: 'Who did what, when, with which outcome',
  });
  setHandler(
    defineSignal<[Milestone]>(INTERNAL_SIGNALS.milestone),
    (milestone) => {
      machine.milestone(milestone);
      refresh();
    },
    { description: 'Internal: progress of a table' },
  );

  // A native cancel means the same as the message: the driver is stopped in order, not cut off.
  const cancelled = CancellationScope.current().cancelRequested.catch(() => {
    machine.cancelNatively();
    return lifecycle.stepRunning ? lifecycle.controls.write().then(refresh) : undefined;
  });
  return CancellationScope.nonCancellable(async () => {
    let outcome: 'ended' | 'cancelled';
    const states = watchStates(machine, refresh);
    try {
      outcome = await lifecycle.run();
    } finally {
      states.stop();
      refresh();
      // An update that is being answered would fail if the workflow returned under it.
      await condition(allHandlersFinished);
    }
    if (outcome === 'cancelled') {
      if (!CancellationScope.current().parent?.consideredCancelled)
        await controlActivities(taskQueue, 'end as cancelled').requestCancel({ changeId });
      await cancelled;
      throw new CancelledFailure(`change ${changeId} was cancelled`);
    }
    return {
      changeId,
      state: machine.state,
      noChanges: machine.plan?.tasks.length === 0,
      ...(machine.plan ? { planHash: machine.plan.planHash } : {}),
      tasks: machine.tasks,
    };
  });
}

function registerMessage<N extends MessageName>(
  name: N,
  machine: ChangeMachine,
  lifecycle: Lifecycle,
  refresh: () => void,
): void {
  const { description } = MESSAGES[name];
  const accept = async (message: MessageArguments[N]): Promise<MessageResult> => {
    const cuttingOver = machine.state === 'cutting_over';
    const result = machine.accept(name, message);
    refresh();
    if (!lifecycle.stepRunning || result.already) return result;
    const written = lifecycle.controls.write();
    if (name !== 'stop' || !cuttingOver) {
      await written;
      return { ...result, state: machine.state };
    }
    // The swap may be under way: only the target knows whether the stop came in time (C2).
    if (lifecycle.stillStoppable(await written)) return { ...result, state: machine.state };
    const why = 'the tables are swapped already; wait for the end of the change';
    machine.withdrawStop(why);
    refresh();
    throw refusal('control_refused', `Expected to stop before the swap, but ${why}.`);
  };
  setHandler(defineUpdate<MessageResult, [MessageArguments[N]]>(name), accept, {
    description,
    validator: (message) => machine.assertAccepts(name, message),
  });
  setHandler(
    defineSignal<[MessageArguments[N]]>(name),
    async (message) => {
      try {
        await accept(message);
      } catch (error) {
        const failure = toFailure(error);
        if (!(error instanceof ApplicationFailure)) throw error;
        machine.recordRefusal(name, message, failure);
      }
    },
    { description },
  );
}

/** Shows every change of state, whoever caused it. */
function watchStates(machine: ChangeMachine, refresh: () => void): { stop(): void } {
  let stopped = false;
  let seen = machine.state;
  refresh();
  const watching = (async () => {
    while (!stopped) {
      await condition(() => stopped || machine.state !== seen);
      seen = machine.state;
      refresh();
    }
  })();
  return {
    stop: () => {
      stopped = true;
      void watching;
    },
  };
}
