import { SternaError } from '../contract/index.js';
import { orAborted } from './or-aborted.js';

/** What asks somebody else's code, or a store that sets no limit itself, waits no longer. */
const LIMIT_MS = 30_000;

/**
 * The work, or `inventory_unavailable` when it takes too long, or the reason of the signal. Work that is left is not ended by
 * this: it is not waited for.
 */
export async function within<T>(
  who: string,
  work: T | PromiseLike<T>,
  signal?: AbortSignal,
  milliseconds = LIMIT_MS,
): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(
    () =>
      late.abort(
        new SternaError(
          'inventory_unavailable',
          `${who}: expected an answer within ${milliseconds / 1_000} s, got none.`,
        ),
      ),
    milliseconds,
  );
  try {
    return await orAborted(Promise.resolve(work), ...(signal === undefined ? [] : [signal]), late.signal);
  } finally {
    clearTimeout(timer);
  }
}
