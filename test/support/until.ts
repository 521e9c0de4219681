import { setTimeout as delay } from 'node:timers/promises';

export interface UntilOptions {
  /** Milliseconds until it gives up. @default 60_000 */
  readonly timeoutMs?: number;
  /** Milliseconds between two looks. @default 50 */
  readonly intervalMs?: number;
}

/**
 * Waits until `look` returns something truthy and returns that. Errors of `look` end the wait at once: what
 * may fail for a while has to say so itself.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T> | T,
  { timeoutMs = 60_000, intervalMs = 50 }: UntilOptions = {},
): Promise<Exclude<T, undefined | null | false | 0 | ''>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (seen) return seen as Exclude<T, undefined | null | false | 0 | ''>;
    if (performance.now() > deadline) {
      throw new Error(`Waited ${timeoutMs} ms until ${what}; last seen: ${JSON.stringify(seen)}.`);
    }
    await delay(intervalMs);
  }
}
