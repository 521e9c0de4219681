import { WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { expect } from 'vitest';
import type { TestChange } from './data-plane.js';

async function errorOf(answer: Promise<unknown>): Promise<unknown> {
  return answer.then(
    () => expect.fail('Expected a failure, got none.'),
    (error: unknown) => error,
  );
}

/** Why an update was refused, as any client sees it. */
export async function updateFailure(answer: Promise<unknown>): Promise<ApplicationFailure> {
  const error = await errorOf(answer);
  expect(error).toBeInstanceOf(WorkflowUpdateFailedError);
  const { cause } = error as WorkflowUpdateFailedError;
  expect(cause).toBeInstanceOf(ApplicationFailure);
  return cause as ApplicationFailure;
}

/** Why a change failed, as any client sees it. */
export async function changeFailure(change: TestChange): Promise<ApplicationFailure> {
  const error = await errorOf(change.result());
  expect(error).toBeInstanceOf(WorkflowFailedError);
  const { cause } = error as WorkflowFailedError;
  expect(cause).toBeInstanceOf(ApplicationFailure);
  return cause as ApplicationFailure;
}

/** Cancelled for Sterna and for Temporal. */
export async function endsCancelled(change: TestChange): Promise<void> {
  expect((await errorOf(change.result())) as WorkflowFailedError).toMatchObject({
    cause: expect.any(CancelledFailure),
  });
  expect(await change.temporalStatus()).toBe('CANCELLED');
  expect((await change.status()).state).toBe('cancelled');
}
