import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  TimeoutFailure,
} from '@temporalio/workflow';

/** Runs `work` and cancels it, `grace` after `when` came true. Throws what `work` throws. */
export async function cancelWhen<T>(when: () => boolean, graceMs: number, work: () => Promise<T>): Promise<T> {
  const scope = new CancellationScope();
  const progress = { over: false };
  const watching = (async () => {
    await condition(() => progress.over || when());
    if (progress.over) return;
    if (graceMs > 0 && (await condition(() => progress.over, graceMs))) return;
    scope.cancel();
  })();
  try {
    return await scope.run(work);
  } finally {
    progress.over = true;
    await watching;
  }
}

/** S4: a worker that goes away gives short work back; it starts over elsewhere, at attempt one. */
export async function untilServed<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!wasGivenBack(error)) throw error;
    }
  }
}

export function wasGivenBack(error: unknown): boolean {
  return toFailure(error).type === 'router_closed';
}

/**
 * Whether an activity ended because it was told to, or because its worker is gone and nobody could tell it: once it
 * has been asked to cancel, Temporal does not try it again when its heartbeats stop.
 */
export function wasEnded(error: unknown): boolean {
  return isCancellation(error) || (error instanceof ActivityFailure && error.cause instanceof TimeoutFailure);
}

/** The failure with the stable code, from wherever it was thrown; nothing that hangs on it (R2). */
export function toFailure(error: unknown): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  // An activity that ran out of time carries its last error one level deeper.
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ApplicationFailure)
      return ApplicationFailure.nonRetryable(cause.message, cause.type ?? 'internal');
  }
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return ApplicationFailure.nonRetryable(cause instanceof Error ? cause.message : String(cause), 'internal');
}
