import { asyncLocalStorage, Context, type Info } from '@temporalio/activity';
import { CancelledFailure, type Logger, type MetricMeter } from '@temporalio/common';

/** What Temporal gives to one attempt of an activity, without a server: milestones go nowhere. */
export class ActivityEnvironment {
  readonly heartbeats: unknown[] = [];
  readonly #abort = new AbortController();

  run<A, T>(activity: (input: A) => Promise<T>, input: A): Promise<T> {
    const info = { activityType: 'test', attempt: 1 } as Info;
    const cancelled = new Promise<never>(() => undefined);
    const context = new Context(
      info,
      cancelled,
      this.#abort.signal,
      (details: unknown) => this.heartbeats.push(details),
      undefined,
      {} as Logger,
      {} as MetricMeter,
      {},
    );
    return asyncLocalStorage.run(context, () => activity(input));
  }

  cancel(): void {
    this.#abort.abort(new CancelledFailure('CANCELLED'));
  }
}
