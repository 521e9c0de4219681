import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { SternaError } from '../contract/index.js';

/**
 * What leaves an activity: the stable code and the message, and nothing that hangs on it. Causes stay
 * behind, because drivers put hosts and users into theirs (R2).
 */
export function toTemporalFailure(error: unknown): Error {
  if (error instanceof CancelledFailure || error instanceof ApplicationFailure) return error;
  if (error instanceof SternaError) {
    return ApplicationFailure.create({ type: error.code, message: error.message, nonRetryable: !error.retryable });
  }
  return ApplicationFailure.create({
    type: 'internal',
    message: `A fault in Sterna: ${error instanceof Error ? error.name : 'unknown'}; the log of the worker has the rest.`,
  });
}
