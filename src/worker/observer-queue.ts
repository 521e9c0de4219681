import type { ChangeState, ErrorInfo, ObservedChange, StateEvent, TaskProgress } from '../contract/index.js';
import type { Log } from '../target/index.js';
import { describeForLog } from '../activities/index.js';

/** When a change came into a state, and why it failed if it did. */
export interface StateDetails {
  /** ISO 8601. */
  readonly at: string;
  readonly error?: ErrorInfo;
}

/**
 * Looks on at changes, one event after another. What it throws or rejects with is logged, and it is told of the next
 * event; one that does not come back is given up on. None of it reaches the change.
 */
export interface ChangeObserver {
  /** How logs call it. @default 'observer' */
  readonly name?: string;
  /** `from` is undefined at the beginning of a change. */
  onState?(
    change: ObservedChange,
    from: ChangeState | undefined,
    to: ChangeState,
    details: StateDetails,
  ): void | Promise<void>;
  /** `task` is `<namespace>.<table>`. What came meanwhile for the same task is left out: only the newest is told. */
  onProgress?(change: ObservedChange, task: string, progress: TaskProgress): void | Promise<void>;
  /** Nothing follows: its change has ended, the worker has, or it was given up on. Break off what is under way. */
  onRelease?(): void;
}

/** What has gone wrong with observers since the start. */
export interface ObserverFaults {
  /** Events at which one threw or rejected. */
  failed: number;
  /** Observers that did not come back. */
  givenUp: number;
  /** States that found no room. */
  dropped: number;
}

export interface QueueOptions {
  readonly log: Log;
  /** How long one event may take an observer. */
  readonly patienceMs: number;
  /** States that wait; the oldest goes for the newest. */
  readonly maxStates: number;
  readonly faults: ObserverFaults;
}

interface Waiting {
  readonly number: number;
  readonly tell: () => void | Promise<void>;
}

/** One of each task that copies: more are not told apart. */
const MAX_TASKS = 1_000;
/** One that fails with every chunk would fill the log. */
const QUIET_MS = 60_000;

/** What one observer is still to be told: in order, one after another, bounded. */
export class ObserverQueue {
  readonly #states: Waiting[] = [];
  readonly #progress = new Map<string, Waiting>();
  #number = 0;
  #running: Promise<void> | undefined;
  #finishing = false;
  #over = false;
  #warnedAt = -Infinity;

  constructor(
    private readonly observer: ChangeObserver,
    private readonly options: QueueOptions,
    private readonly onEnd: () => void,
  ) {}

  state({ from, to, at, error, ...change }: StateEvent): void {
    const { observer } = this;
    if (observer.onState === undefined || this.#isClosed) return;
    const { maxStates, faults, log } = this.options;
    if (this.#states.length >= maxStates) {
      this.#states.shift();
      faults.dropped += 1;
      this.#warn(() =>
        log.warn({ observer: this.#name, dropped: faults.dropped }, 'an observer is too slow: a state is not told'),
      );
    }
    const details = { at, ...(error === undefined ? {} : { error }) };
    this.#states.push(this.#waiting(() => observer.onState?.(change, from, to, details)));
  }

  progress({ changeId, target, environment }: ObservedChange, progress: TaskProgress): void {
    const { observer } = this;
    if (observer.onProgress === undefined || this.#isClosed) return;
    const change = { changeId, target, environment };
    const key = JSON.stringify([changeId, progress.table]);
    this.#progress.delete(key); // the newest goes behind what was told in between
    const [oldest] = this.#progress.keys();
    if (oldest !== undefined && this.#progress.size >= MAX_TASKS) this.#progress.delete(oldest);
    this.#progress.set(
      key,
      this.#waiting(() => observer.onProgress?.(change, progress.table, progress)),
    );
  }

  /** Tells what waits, nothing more, and ends. */
  finish(): void {
    this.#finishing = true;
    if (this.#running === undefined) this.end();
  }

  /** At once; what waits is not told. Returns how many states that were. */
  end(): number {
    if (this.#over) return 0;
    this.#over = true;
    const untold = this.#states.splice(0).length;
    this.#progress.clear();
    this.onEnd();
    try {
      this.observer.onRelease?.();
    } catch (error) {
      this.#failed(error);
    }
    return untold;
  }

  /** When all that waits now has been told. */
  async settled(): Promise<void> {
    await this.#running;
  }

  get #name(): string {
    return this.observer.name ?? 'observer';
  }

  get #isClosed(): boolean {
    return this.#over || this.#finishing;
  }

  #waiting(tell: Waiting['tell']): Waiting {
    this.#number += 1;
    this.#running ??= this.#run();
    return { number: this.#number, tell };
  }

  async #run(): Promise<void> {
    await Promise.resolve(); // never on the stack of the work
    for (let next; (next = this.#next()) !== undefined;) await this.#tell(next);
    this.#running = undefined;
    if (this.#finishing) this.end();
  }

  /** The older of the oldest state and the oldest progress. */
  #next(): Waiting | undefined {
    const [state] = this.#states;
    const [[key, progress] = []] = this.#progress;
    if (state !== undefined && (progress === undefined || state.number < progress.number)) return this.#states.shift();
    if (key !== undefined) this.#progress.delete(key);
    return progress;
  }

  async #tell({ tell }: Waiting): Promise<void> {
    const { patienceMs, log, faults } = this.options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => (timer = setTimeout(resolve, patienceMs, 'late')));
    try {
      if ((await Promise.race([(async () => tell())(), late])) !== 'late') return;
      faults.givenUp += 1;
      const untold = this.end();
      log.warn(
        { observer: this.#name, seconds: patienceMs / 1_000, untold },
        'an observer does not come back and is given up on; changes go on',
      );
    } catch (error) {
      this.#failed(error);
    } finally {
      clearTimeout(timer);
    }
  }

  #failed(error: unknown): void {
    const { faults, log } = this.options;
    faults.failed += 1;
    this.#warn(() =>
      log.warn(
        { observer: this.#name, failed: faults.failed, ...describeForLog(error) },
        'an observer failed; changes go on',
      ),
    );
  }

  #warn(warn: () => void): void {
    if (performance.now() - this.#warnedAt < QUIET_MS) return;
    this.#warnedAt = performance.now();
    warn();
  }
}
