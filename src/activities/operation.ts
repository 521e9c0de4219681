import { activityInfo, Context } from '@temporalio/activity';
import { type Client } from '@temporalio/client';
import { INTERNAL_SIGNALS, type Milestone, type TaskProgress } from '../contract/index.js';
import type { Log, OperationContext } from '../target/index.js';
import { toTemporalFailure } from './failure.js';

/** What every factory is given by the worker. */
export interface ActivityDependencies {
  /** Aborted the moment the worker is asked to end: steps hand over instead of being cancelled (S4). */
  readonly drain: AbortSignal;
  readonly log: Log;
}

const BEAT_MS = 1_000;
const PERCENT_STEP = 10;

/**
 * Runs one operation as an activity: heartbeats with its progress, tells the workflow of milestones,
 * passes cancellation and drain on, and turns errors into failures with stable codes.
 */
export async function operate<T>(
  dependencies: ActivityDependencies,
  fields: object,
  work: (context: OperationContext) => Promise<T>,
): Promise<T> {
  const activity = Context.current();
  const { drain, log } = dependencies;
  const own = withFields(log, { ...fields, activity: activity.info.activityType });
  let last: TaskProgress | undefined;
  let beatAt = 0;
  const milestones = new Milestones(activity, own);
  const beat = (): void => {
    beatAt = Date.now();
    if (last === undefined) activity.heartbeat();
    else activity.heartbeat(last);
  };
  try {
    return await work({
      signal: activity.cancellationSignal,
      drain,
      log: own,
      // From the work itself, never from a timer: a step that is stuck has to time out.
      alive: () => {
        if (Date.now() - beatAt >= BEAT_MS) beat();
      },
      progress: (progress) => {
        last = progress;
        beat();
        milestones.report(progress);
      },
    });
  } catch (error) {
    own.warn(
      { code: (error as { code?: unknown }).code, error: error instanceof Error ? error.message : String(error) },
      'step ended with an error',
    );
    throw toTemporalFailure(error);
  } finally {
    await milestones.settle();
  }
}

/** Phase changes and every ten percent, to the workflow; rows only as heartbeats. */
class Milestones {
  readonly #seen = new Map<string, string>();
  #sending: Promise<void> = Promise.resolve();

  constructor(
    private readonly activity: Context,
    private readonly log: Log,
  ) {}

  report({ table, phase, percent, rows, of, waitingFor, throttle }: TaskProgress): void {
    const mark = `${phase}/${Math.floor(percent / PERCENT_STEP)}/${waitingFor ?? ''}`;
    if (this.#seen.get(table) === mark) return;
    this.#seen.set(table, mark);
    const milestone: Milestone = {
      taskId: table,
      phase,
      percent,
      rows,
      of,
      ...(waitingFor === undefined ? {} : { waitingFor }),
      ...(throttle === undefined ? {} : { throttle }),
    };
    this.#sending = this.#sending.then(() => this.#send(milestone));
  }

  /** Whatever was sent has arrived or failed: nothing outlives the activity. */
  async settle(): Promise<void> {
    await this.#sending;
  }

  async #send(milestone: Milestone): Promise<void> {
    const { workflowExecution } = activityInfo();
    if (workflowExecution === undefined) return;
    const client: Client = this.activity.client;
    try {
      await client.workflow.getHandle(workflowExecution.workflowId).signal(INTERNAL_SIGNALS.milestone, milestone);
    } catch (error) {
      // A milestone is news, not work: the copy goes on without it.
      this.log.debug({ error: String(error) }, 'milestone not delivered');
    }
  }
}

function withFields(log: Log, fields: object): Log {
  return {
    debug: (more, message) => log.debug({ ...fields, ...more }, message),
    info: (more, message) => log.info({ ...fields, ...more }, message),
    warn: (more, message) => log.warn({ ...fields, ...more }, message),
    error: (more, message) => log.error({ ...fields, ...more }, message),
  };
}
