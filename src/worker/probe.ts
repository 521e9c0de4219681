import { SternaError } from '../contract/index.js';
import type { TargetRouter } from '../router/index.js';
import { type Log, operationContext } from '../target/index.js';

const AT_ONCE = 8;

/**
 * Looks at every target that the inventory can list, a few at a time, until the signal. A target that does not answer
 * is only a warning: the worker serves the others.
 */
export async function probeTargets(
  router: Pick<TargetRouter, 'list' | 'read'>,
  signal: AbortSignal,
  log: Log,
): Promise<void> {
  const warn = (error: unknown, place: object, otherwise: string): void => {
    if (signal.aborted) return; // broken off by us
    log.warn(
      { ...place, code: error instanceof SternaError ? error.code : 'internal' },
      error instanceof SternaError ? error.message : otherwise,
    );
  };
  // A server that says nothing keeps its probe for long, and the drain waits for nobody.
  const left = new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  );
  left.catch(() => undefined);
  try {
    const waiting = (await router.list(signal)).values();
    const look = async (): Promise<void> => {
      for (const { target, environment } of waiting) {
        if (signal.aborted) return;
        const place = { target, environment };
        await router
          .read(place, (client) => Promise.race([client.probe(operationContext({ signal, drain: signal, log })), left]))
          .catch((error: unknown) => warn(error, place, 'the target could not be looked at'));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, look));
  } catch (error) {
    warn(error, {}, 'the targets cannot be listed');
  }
}
