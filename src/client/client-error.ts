import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import {
  isGrpcServiceError,
  ServiceError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { type ErrorCode, ERRORS, SternaError } from '../contract/index.js';

const GRPC_NOT_FOUND = 5;
const GRPC_UNAVAILABLE = 14;
const GRPC_DEADLINE = 4;
const GRPC_INVALID = 3;
const GRPC_EXHAUSTED = 8;

/** Turns what the Temporal client throws into a SternaError with the code that the workflow gave. */
export function translateClientError(error: unknown, changeId?: string): Error {
  if (error instanceof SternaError) return error;
  const about = changeId === undefined ? '' : ` ${changeId}`;
  if (error instanceof WorkflowNotFoundError || grpcCode(error) === GRPC_NOT_FOUND) {
    return new SternaError(
      'change_unknown',
      `Expected an open change${about}, found none, or one that has ended. See \`sterna list\`.`,
      { cause: error },
    );
  }
  const failure = applicationFailure(error);
  if (failure !== undefined) return new SternaError(codeOf(failure), failure.message, { cause: error });
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || grpcCode(error) === GRPC_DEADLINE) {
    return new SternaError(
      'worker_missing',
      `Expected a worker to answer for change${about}, none did in time. Start one for this data plane.`,
      { cause: error },
    );
  }
  // Its own limits may be lower than the one that is asked for before anything is sent.
  if (isTooLarge(error)) {
    return new SternaError(
      'schema_too_large',
      'Expected an input that Temporal takes, it refuses its size. Split the change by namespace, or use --local.',
      { cause: error },
    );
  }
  if (grpcCode(error) === GRPC_UNAVAILABLE || error instanceof ServiceError) {
    return new SternaError('temporal_unreachable', 'No answer from Temporal. Check TEMPORAL_ADDRESS or the profile.', {
      cause: error,
    });
  }
  return error instanceof Error ? error : new Error(String(error));
}

/** An update that reached no workflow: its task held other news as well, and the worker passed it over. Nothing was done. */
export function wasNotTaken(error: unknown): boolean {
  return applicationFailure(error)?.type === 'UnprocessedUpdate';
}

/** The failure with the code, behind those of the update, the workflow and its activity. */
function applicationFailure(error: unknown): ApplicationFailure | undefined {
  let at: unknown = error;
  while (at instanceof WorkflowUpdateFailedError || at instanceof WorkflowFailedError || at instanceof ActivityFailure)
    at = at.cause;
  return at instanceof ApplicationFailure ? at : undefined;
}

function codeOf({ type }: ApplicationFailure): ErrorCode {
  return type != null && Object.hasOwn(ERRORS, type) ? (type as ErrorCode) : 'internal';
}

function isTooLarge(error: unknown): boolean {
  const code = grpcCode(error);
  if (code !== GRPC_INVALID && code !== GRPC_EXHAUSTED) return false;
  for (let at: unknown = error; at instanceof Error; at = at.cause)
    if (/exceeds (size )?limit|larger than max/.test(at.message)) return true;
  return false;
}

function grpcCode(error: unknown): number | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (isGrpcServiceError(at)) return at.code;
  }
  return undefined;
}
