import type { ActivateInput, ConcludeActivationInput } from '@temporalio/workflow/lib/interceptors.js';
import { describe, expect, it } from 'vitest';
import { interceptors } from '../../src/workflows/replay-guard.js';

type Job = NonNullable<ActivateInput['activation']['jobs']>[number];
type Command = ConcludeActivationInput['commands'][number];

const RESOLVED: Job = { resolveActivity: {} };
const UPDATE: Job = { doUpdate: {} };
const QUERY: Job = { queryWorkflow: { queryId: 'legacy_query' } };
const SCHEDULE: Command = { scheduleActivity: {} };
const UPSERT: Command = { upsertWorkflowSearchAttributes: {} };

/** A workflow as the worker drives it: activations, each with the length of the history that it knows. */
class Driven {
  readonly #internals = interceptors().internals?.[0];

  activate(historyLength: number, job: Job, ...commands: Command[]): void {
    this.#internals?.activate?.({ activation: { jobs: [job], historyLength }, batchIndex: 0 }, () => undefined);
    this.#internals?.concludeActivation?.({ commands }, (input) => input);
  }
}

describe('a workflow that a query made run ahead is replayed before it takes a message (S4)', () => {
  it('with events behind the last task', () => {
    const workflow = new Driven();
    workflow.activate(31, RESOLVED, SCHEDULE); // 32 to 34: completed, scheduled activity, its end; 35: the next task
    workflow.activate(35, RESOLVED, SCHEDULE, UPSERT);
    workflow.activate(35, QUERY);
    expect(() => workflow.activate(36, UPDATE)).toThrow('run ahead');
  });

  it('with a task that was lost', () => {
    const workflow = new Driven();
    workflow.activate(31, RESOLVED, SCHEDULE, UPSERT);
    workflow.activate(31, QUERY);
    expect(() => workflow.activate(34, UPDATE)).toThrow('2 commands'); // 32: timed out, 33: scheduled, 34: started
  });

  it('and one whose commands are in its history goes on, whatever else a task held', () => {
    const workflow = new Driven();
    workflow.activate(3, { initializeWorkflow: {} }, UPSERT, SCHEDULE);
    workflow.activate(3, QUERY);
    workflow.activate(8, UPDATE, SCHEDULE); // completed, two commands, scheduled, started
    workflow.activate(8, RESOLVED, { requestCancelActivity: {} }); // of the same task: the activity is never recorded
    workflow.activate(11, UPDATE); // refused: a task that leaves no events
    workflow.activate(11, RESOLVED, SCHEDULE);
    workflow.activate(15, RESOLVED);
  });
});
