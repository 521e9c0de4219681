import { SternaError } from '../contract/index.js';

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
  const done = Promise.resolve(work);
  done.catch(() => undefined); // told by the race, or not of interest any more
  let leave: () => void = () => undefined;
  const left = new Promise<never>((_, reject) => {
    const late = (): void =>
      reject(
        new SternaError(
          'inventory_unavailable',
          `${who}: expected an answer within ${milliseconds / 1_000} s, got none.`,
        ),
      );
    const timer = setTimeout(late, milliseconds);
    const onAbort = (): void => reject(signal?.reason as Error);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
    leave = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
  });
  try {
    return await Promise.race([done, left]);
  } finally {
    leave();
  }
}
