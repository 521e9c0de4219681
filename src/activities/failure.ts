import { ApplicationFailure, type ApplicationFailureCategory, CancelledFailure } from '@temporalio/common';
import { type ErrorCode, SternaError } from '../contract/index.js';

/** What the inventory or the account says, and somebody corrects. */
const OF_THE_ROUTE: ReadonlySet<string> = new Set([
  ...(['target_unknown', 'target_type_mismatch', 'secret_missing', 'config_invalid'] as const),
  ...(['access_denied', 'namespace_not_allowed'] as const),
] satisfies ErrorCode[]);

/**
 * What leaves an activity: the stable code and the message, and nothing that hangs on it. Causes stay
 * behind, because drivers put hosts and users into theirs (R2).
 *
 * @param awaitsRoute work that has begun waits for its target, whoever took it away, and is not thrown away
 */
export function toTemporalFailure(error: unknown, awaitsRoute = false): Error {
  if (error instanceof CancelledFailure || error instanceof ApplicationFailure) return error;
  if (error instanceof SternaError) {
    const isRetried = error.retryable || (awaitsRoute && OF_THE_ROUTE.has(error.code));
    return ApplicationFailure.create({ type: error.code, message: error.message, nonRetryable: !isRetried });
  }
  return ApplicationFailure.create({
    type: 'internal',
    message: `A fault in Sterna: ${nameOf(error)}; the log of the worker has the rest.`,
  });
}

/** Work that a worker that goes away gives back: no attempt is spent, the workflow schedules it anew (S4). */
export function givenBack(category: ApplicationFailureCategory): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'router_closed',
    message: 'The worker is shutting down; another one goes on.',
    nonRetryable: true,
    category,
  });
}

export function isGivenBack(error: unknown): boolean {
  return error instanceof SternaError && error.code === 'router_closed';
}

/** What a code or a name of a class looks like; anything else may be text. */
const WORD = /^\w{1,40}$/;
const FRAME = /^ {4}at .+(:\d+:\d+\)?|\(<anonymous>\)|\(native\))$/;
const FRAMES = 8;

/**
 * A fault is told with its place. What the text of a foreign error holds is not known, not even that of a TypeError of
 * fetch, so it is left out (R2).
 */
export function describeForLog(error: unknown): object {
  if (error instanceof SternaError) return { code: error.code, error: error.message };
  if (!(error instanceof Error)) return { code: 'internal', error: nameOf(error) };
  const { code } = error as { code?: unknown };
  // The text stands in front of the frames, and may look like one.
  const stack = (error.stack ?? '').replace(error.message, '').split('\n');
  return {
    code: 'internal',
    error: nameOf(error),
    ...(typeof code === 'string' && WORD.test(code) ? { errorCode: code } : {}),
    at: stack.filter((line) => FRAME.test(line)).slice(0, FRAMES),
  };
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return WORD.test(error.name) ? error.name : 'Error';
}
