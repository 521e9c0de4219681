import type { OperationContext } from './target-client.js';

/** For an operation that nobody ends, watches or takes over, but for what is given. */
export function operationContext(given: Partial<OperationContext> & Pick<OperationContext, 'log'>): OperationContext {
  const never = new AbortController().signal;
  return {
    signal: never,
    drain: never,
    alive: () => undefined,
    confirm: () => Promise.resolve(),
    progress: () => undefined,
    ...given,
  };
}
