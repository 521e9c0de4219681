import type { InjectedSinks } from '@temporalio/worker';
import {
  isTerminal,
  type ObservedChange,
  type ObserverSinks,
  type StateEvent,
  type TaskProgress,
} from '../contract/index.js';
import type { Log } from '../target/index.js';
import { type ChangeObserver, type ObserverFaults, ObserverQueue } from './observer-queue.js';

/** How long one event may take an observer until it is given up on. */
export const PATIENCE_MS = 60_000;
/** Ten kilobytes a hundred states: a receiver that is away for hours costs a few megabytes. */
const MAX_STATES = 10_000;
const GRACE_MS = 5_000;

/** Tests have less time. */
export interface ObserversOptions {
  readonly patienceMs?: number;
  readonly maxStates?: number;
}

/** Whom to observe. */
export interface ObserveOptions {
  /** One change, which need not exist yet: released when it has ended. Absent: every change that the worker sees. */
  readonly changeId?: string;
}

/**
 * Who looks on at the changes of a worker. A worker of workflows knows their states, one of steps their progress; each
 * tells its own observers what it knows itself. Telling never waits and never throws.
 */
export class Observers {
  readonly #ofAll = new Set<ObserverQueue>();
  readonly #ofOne = new Map<string, Set<ObserverQueue>>();
  readonly #faults: ObserverFaults = { failed: 0, givenUp: 0, dropped: 0 };
  readonly #options;
  #closed = false;

  constructor(
    private readonly log: Log,
    { patienceMs = PATIENCE_MS, maxStates = MAX_STATES }: ObserversOptions = {},
  ) {
    this.#options = { log, patienceMs, maxStates, faults: this.#faults };
  }

  /** Until what is returned is disposed of, its change has ended, or the worker has. */
  observe(observer: ChangeObserver, { changeId }: ObserveOptions = {}): Disposable {
    const queue = new ObserverQueue(observer, this.#options, () => {
      if (changeId === undefined) {
        this.#ofAll.delete(queue);
        return;
      }
      const others = this.#ofOne.get(changeId);
      others?.delete(queue);
      if (others?.size === 0) this.#ofOne.delete(changeId);
    });
    if (changeId === undefined) this.#ofAll.add(queue);
    else this.#ofOne.set(changeId, (this.#ofOne.get(changeId) ?? new Set()).add(queue));
    if (this.#closed) queue.end();
    return { [Symbol.dispose]: () => void queue.end() };
  }

  /** Tells the new state; the end of a change is the last that its own observers hear. */
  state(event: StateEvent): void {
    for (const queue of this.#of(event.changeId)) queue.state(event);
    if (isTerminal(event.to)) for (const queue of this.#ofOne.get(event.changeId) ?? []) queue.finish();
  }

  progress(change: ObservedChange, progress: TaskProgress): void {
    for (const queue of this.#of(change.changeId)) queue.progress(change, progress);
  }

  /** How many there are, and what has gone wrong with them since the start. */
  stats(): Readonly<ObserverFaults> & { readonly observers: number } {
    return { ...this.#faults, observers: this.#queues.length };
  }

  /** Tells what waits, for a few seconds at most, and releases everyone. */
  async close(graceMs = GRACE_MS): Promise<void> {
    this.#closed = true;
    const queues = this.#queues;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, graceMs)));
    for (const queue of queues) queue.finish();
    await Promise.race([Promise.all(queues.map((queue) => queue.settled())), late]);
    clearTimeout(timer);
    const untold = queues.reduce((sum, queue) => sum + queue.end(), 0);
    if (untold > 0) this.log.warn({ untold }, 'the worker ends; observers are not told of the last states');
  }

  get #queues(): ObserverQueue[] {
    return [...this.#ofAll, ...[...this.#ofOne.values()].flatMap((queues) => [...queues])];
  }

  #of(changeId: string): ObserverQueue[] {
    return [...this.#ofAll, ...(this.#ofOne.get(changeId) ?? [])];
  }
}

/**
 * What a worker, or a replay, of Sterna's workflows needs: without them each state of a change is an error in its log.
 *
 * @param observers who is told; absent: nobody
 */
export function observerSinks(observers?: Pick<Observers, 'state'>): InjectedSinks<ObserverSinks> {
  return { sternaObservers: { state: { fn: (_, event) => observers?.state(event), callDuringReplay: false } } };
}
