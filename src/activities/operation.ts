import { ApplicationFailureCategory, CancelledFailure } from '@temporalio/common';
import { Context } from '@temporalio/activity';
import { isGrpcServiceError } from '@temporalio/client';
import { type ObservedChange, SternaError, type TaskProgress } from '../contract/index.js';
import type { Log, OperationContext } from '../target/index.js';
import { describeForLog, givenBack, isGivenBack, toTemporalFailure } from './failure.js';
import { JoinedSignal } from './joined-signal.js';
import { Milestones } from './milestones.js';

/** What every factory is given by the worker. */
export interface ActivityDependencies {
  /** Aborted the moment the worker is asked to end: steps hand over instead of being cancelled (S4). */
  readonly drain: AbortSignal;
  readonly log: Log;
  /** Told of every progress of a step; never throws and never waits. */
  readonly observers?: { progress(change: ObservedChange, progress: TaskProgress): void };
}

export interface OperationKind {
  /**
   * `work`: only what the work reports keeps the activity alive, so that a copy that is stuck times out.
   * `timer`: for work that waits for one long statement and has nothing to report meanwhile.
   */
  readonly beats: 'work' | 'timer';
  /** `leave`: a worker that goes away breaks the work off, which starts over elsewhere. For reads. */
  readonly onDrain: 'hand over' | 'leave';
  /** Of a change that has begun: tried again until the route is whole. @default false */
  readonly awaitsRoute?: boolean;
}

const BEAT_MS = 300;
const CONFIRM_MS = 10_000;
const GRPC_NOT_FOUND = 5;

/**
 * Runs one operation as an activity: heartbeats with its progress, tells the workflow of milestones,
 * passes cancellation and drain on, and turns errors into failures with stable codes.
 */
export async function operate<T>(
  { drain, log }: ActivityDependencies,
  fields: Readonly<Record<string, unknown>>,
  { beats, onDrain, awaitsRoute }: OperationKind,
  work: (context: OperationContext) => Promise<T>,
): Promise<T> {
  const activity = Context.current();
  const { cancellationSignal } = activity;
  const own = withFields(log, { ...fields, activity: activity.info.activityType, attempt: activity.info.attempt });
  const milestones = new Milestones(activity, own);
  let last: TaskProgress | undefined;
  let beatAt = 0;
  const beat = (): void => {
    if (Date.now() - beatAt < BEAT_MS) return;
    beatAt = Date.now();
    if (last === undefined) activity.heartbeat();
    else activity.heartbeat(last);
  };
  using leaving = new JoinedSignal(cancellationSignal, ...(onDrain === 'leave' ? [drain] : []));
  const timer = beats === 'timer' ? setInterval(beat, 1_000) : undefined;
  try {
    return await work({
      signal: leaving.signal,
      drain,
      log: own,
      alive: beat,
      confirm: () => confirmAttempt(activity),
      progress: (progress) => {
        last = progress;
        beat();
        milestones.report(progress);
      },
    });
  } catch (error) {
    if (cancellationSignal.aborted) throw cancellation(cancellationSignal);
    if (isGivenBack(error) || (onDrain === 'leave' && drain.aborted)) {
      own.info({}, 'given back: the worker goes away');
      throw givenBack(ApplicationFailureCategory.BENIGN);
    }
    own.warn(describeForLog(error), 'step ended with an error');
    throw toTemporalFailure(error, awaitsRoute);
  } finally {
    clearInterval(timer);
    await milestones.settle();
  }
}

/**
 * Asks Temporal whether this attempt is still the one that counts. Heartbeats are sent without waiting for an answer,
 * and a worker that was frozen would hear too late.
 */
async function confirmAttempt({ client, info }: Context): Promise<void> {
  const { taskToken, namespace } = info;
  try {
    await client.withDeadline(Date.now() + CONFIRM_MS, () =>
      client.workflowService.recordActivityTaskHeartbeat({ namespace, taskToken }),
    );
  } catch (error) {
    if (isGrpcServiceError(error) && Number(error.code) === GRPC_NOT_FOUND)
      throw new SternaError(
        'driver_replaced',
        'Others have taken this work over, or its change has ended; nothing is done.',
      );
    throw new SternaError('temporal_unreachable', 'Temporal does not say whether this work is still wanted.', {
      cause: error,
    });
  }
}

/** Whatever broke when the work was cut off, Temporal has to see a cancellation. */
function cancellation({ reason }: AbortSignal): Error {
  return reason instanceof CancelledFailure ? reason : new CancelledFailure('cancelled');
}

function withFields(log: Log, fields: object): Log {
  return {
    debug: (more, message) => log.debug({ ...fields, ...more }, message),
    info: (more, message) => log.info({ ...fields, ...more }, message),
    warn: (more, message) => log.warn({ ...fields, ...more }, message),
    error: (more, message) => log.error({ ...fields, ...more }, message),
  };
}
