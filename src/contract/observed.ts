import type { ChangeState } from './states.js';
import type { ErrorInfo } from './status.js';

/** A change, as those are told who look on. */
export interface ObservedChange {
  readonly changeId: string;
  readonly target: string;
  readonly environment: string;
}

/** That a change is in another state now. */
export interface StateEvent extends ObservedChange {
  /** Absent at its beginning. */
  readonly from?: ChangeState;
  readonly to: ChangeState;
  /** ISO 8601, workflow time. */
  readonly at: string;
  /** Why it failed; only then. */
  readonly error?: ErrorInfo;
}

/** By what a workflow tells its worker of states: sinks of Temporal, which leave nothing in the history. */
export type ObserverSinks = {
  readonly sternaObservers: {
    state(event: StateEvent): void;
  };
};
