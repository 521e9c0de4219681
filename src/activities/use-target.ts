import { type Route, SternaError } from '../contract/index.js';
import type { TargetRouter, UseOptions } from '../router/index.js';
import type { OperationContext, TargetClient } from '../target/index.js';
import { JoinedSignal } from './joined-signal.js';

const BEAT_MS = 1_000;

/** What the router is asked for: the target of the plan, and nothing else of what an activity is told (R1). */
type Place = Pick<Route, 'target' | 'environment' | 'type'>;

/**
 * The client of a target for an activity. Waiting for it is a sign of life, and ends with a cancel, or with a drain: the
 * worker that takes over has its own clients.
 *
 * @param use `use`, or `read` for work that changes nothing
 */
export async function useTarget<T>(
  use: TargetRouter['use'],
  { target, environment, type }: Place,
  context: OperationContext,
  work: (client: TargetClient) => Promise<T>,
  options: Pick<UseOptions, 'onWait' | 'urgent'> = {},
): Promise<T> {
  const beat = setInterval(() => context.alive(), BEAT_MS);
  using leaving = new JoinedSignal(context.signal, context.drain);
  const stand = { isThere: false };
  try {
    return await use(
      { target, environment, type },
      (client) => {
        stand.isThere = true;
        clearInterval(beat);
        return work(client);
      },
      { ...options, signal: leaving.signal },
    );
  } catch (error) {
    if (stand.isThere || !context.drain.aborted) throw error;
    throw new SternaError('router_closed', 'The worker is shutting down, and takes no new work.');
  } finally {
    clearInterval(beat);
  }
}
