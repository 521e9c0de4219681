import { CancelledFailure } from '@temporalio/common';
import {
  allHandlersFinished,
  type ApplicationFailure,
  CancellationScope,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  proxySinks,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import {
  type ChangeState,
  type ChangeStatus,
  type ErrorInfo,
  INTERNAL_SIGNALS,
  type MessageArguments,
  MESSAGE_NAMES,
  type MessageName,
  type MessageResult,
  MESSAGES,
  type Milestone,
  type ObserverSinks,
  QUERIES,
  type SchemaChangeInput,
  type SchemaChangeResult,
} from '../contract/index.js';
import { controlActivities } from './activities.js';
import { DEFAULT_OPTIONS, refusal, type ResolvedOptions, resolveInput } from './change-input.js';
import { ChangeMachine } from './change-machine.js';
import { Details } from './details.js';
import { Lifecycle } from './lifecycle.js';
import { toFailure, untilServed } from './scopes.js';

const { sternaObservers } = proxySinks<ObserverSinks>();

/** One schema change: plan -> apply -> cutover -> end. Its workflow id is the change id. */
export async function schemaChange(given: SchemaChangeInput): Promise<SchemaChangeResult> {
  const { workflowId: changeId, taskQueue } = workflowInfo();
  const { input, options, mistake } = read(given);
  const machine = new ChangeMachine(changeId, input, options, () => Date.now());
  const lifecycle = new Lifecycle(changeId, taskQueue, input, machine);
  const view = new View(machine, input);

  for (const name of MESSAGE_NAMES) registerMessage(name, machine, lifecycle, view);
  registerQueries(machine);
  setHandler(
    defineSignal<[Milestone]>(INTERNAL_SIGNALS.milestone),
    (milestone) => {
      machine.milestone(milestone);
      view.refresh();
    },
    { description: 'Internal: progress of a table' },
  );
  if (mistake !== undefined) {
    machine.end('failed', { code: mistake.type ?? 'internal', message: mistake.message });
    view.refresh();
    throw mistake;
  }

  // A native cancel means the same as the message: the driver is stopped in order, not cut off.
  const root = CancellationScope.current();
  root.cancelRequested.catch(() => machine.cancelNatively());
  return CancellationScope.nonCancellable(async () => {
    const outcome = await view.during(() => lifecycle.run());
    if (outcome === 'cancelled') {
      if (!root.consideredCancelled)
        await untilServed(() => controlActivities(taskQueue, 'end as cancelled').requestCancel({ changeId }));
      await condition(() => root.consideredCancelled);
      throw new CancelledFailure(`change ${changeId} was cancelled`);
    }
    return { ...machine.status(), noChanges: machine.plan?.tasks.length === 0 };
  });
}

/** An input with mistakes still gets its state shown and its queries answered. */
function read(given: SchemaChangeInput): {
  input: SchemaChangeInput;
  options: ResolvedOptions;
  mistake?: ApplicationFailure;
} {
  try {
    return { input: given, options: resolveInput(given) };
  } catch (error) {
    const { target, environment } = (typeof given === 'object' ? { ...given } : {}) as Partial<SchemaChangeInput>;
    const name = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 100) : '');
    const input = { target: name(target), environment: name(environment) };
    return { input, options: DEFAULT_OPTIONS, mistake: toFailure(error) };
  }
}

/** What people see of the change: details, search attributes, its states in the event log and for observers. */
class View {
  readonly #details: Details;
  #state: ChangeState | undefined;
  #told: ChangeState | undefined;
  #unsafe: ErrorInfo | undefined;

  constructor(
    private readonly machine: ChangeMachine,
    input: SchemaChangeInput,
  ) {
    this.#details = new Details(input);
  }

  refresh(): void {
    const status = this.machine.status();
    this.#unsafe = this.machine.window.unsafe;
    this.#tellObservers(status);
    if (status.state !== this.#state) {
      this.#state = status.state;
      this.machine.log.add({ what: 'state', outcome: 'noted', detail: status.state });
    }
    this.#details.refresh(status, this.machine.plan);
  }

  #tellObservers({ changeId, route: { target, environment }, state: to, lastError }: ChangeStatus): void {
    const from = this.#told;
    if (to === from) return;
    this.#told = to;
    sternaObservers.state({
      ...{ changeId, target, environment, to, at: new Date().toISOString() },
      ...(from === undefined ? {} : { from }),
      ...(to === 'failed' && lastError !== undefined ? { error: lastError } : {}),
    });
  }

  get #isStale(): boolean {
    return this.machine.state !== this.#state || this.machine.window.unsafe !== this.#unsafe;
  }

  /** Shows every change of state, and that a revert window became unsafe, whoever caused it, while `work` runs, and the last one after it. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const progress = { over: false };
    this.refresh();
    const watching = (async () => {
      while (!progress.over) {
        await condition(() => progress.over || this.#isStale);
        this.refresh();
      }
    })();
    try {
      return await work();
    } finally {
      progress.over = true;
      await watching;
      // An update that is being answered would fail if the workflow returned under it.
      await condition(allHandlersFinished);
    }
  }
}

function registerMessage(name: MessageName, machine: ChangeMachine, lifecycle: Lifecycle, view: View): void {
  const { description } = MESSAGES[name];
  const accept = async (message: MessageArguments[MessageName]): Promise<MessageResult> => {
    const result = machine.accept(name, message);
    view.refresh();
    if (!machine.stopAsked || name !== 'stop') return result;
    // A native cancel of the change must not leave the question open.
    await CancellationScope.nonCancellable(() =>
      result.already ? condition(() => !machine.stopAsked) : lifecycle.decideStop(),
    );
    view.refresh();
    if (machine.stopRequested) return { ...result, state: machine.state };
    throw refusal(
      'control_refused',
      `Expected a stop before the swap; the tables are swapped already. Wait for the end of the change, which is ${machine.state}.`,
    );
  };
  setHandler(defineUpdate<MessageResult, [MessageArguments[MessageName]]>(name), accept, {
    description,
    validator: (message: MessageArguments[MessageName]) => machine.assertAccepts(name, message),
  });
  setHandler(
    defineSignal<[MessageArguments[MessageName]]>(name),
    async (message) => {
      try {
        await accept(message);
      } catch (error) {
        // Nobody is there to be answered. What is no refusal is a fault and must not be hidden.
        const failure = toFailure(error);
        if (failure !== error) throw error;
        machine.recordRefusal(name, message, failure.message);
      }
    },
    { description },
  );
}

function registerQueries(machine: ChangeMachine): void {
  setHandler(defineQuery(QUERIES.status), () => machine.status(), {
    description: 'State, tasks, what it waits for, the controls accepted now',
  });
  setHandler(defineQuery(QUERIES.plan), () => machine.plan ?? null, {
    description: 'The plan, complete; null while planning',
  });
  setHandler(defineQuery(QUERIES.events), () => machine.log.read(), {
    description: 'Who did what, when, with which outcome',
  });
}
