/** What Temporal says about a change. `not_found` is no proof: it may be another Temporal that is asked. */
export type Answer =
  | { readonly what: 'running' }
  | { readonly what: 'closed' }
  | { readonly what: 'not_found'; readonly retentionSeconds: number }
  | { readonly what: 'unreachable' };

/** Whether a change still exists. Only of one that has `ended` anything is removed. */
export type Stand = 'lives' | 'ended' | 'not_found' | 'unknown';

/**
 * Fails closed. A change that Temporal does not know has ended only if nothing of it was touched for longer than
 * Temporal remembers closed ones: a younger one would still be found in the Temporal that it belongs to.
 */
export function decideStand(
  answer: Answer,
  { drivers, untouchedSeconds }: { readonly drivers: readonly number[]; readonly untouchedSeconds: number },
): Stand {
  switch (answer.what) {
    case 'running':
      return 'lives';
    case 'closed':
      return 'ended';
    case 'unreachable':
      return 'unknown';
    case 'not_found':
      return drivers.length === 0 && untouchedSeconds > answer.retentionSeconds ? 'ended' : 'not_found';
  }
}
