import { setMaxListeners } from 'node:events';

/**
 * Aborted with the first of several signals. Whoever has it disposes of it: `AbortSignal.any` leaves something behind in
 * signals that live as long as the worker.
 */
export class JoinedSignal implements Disposable {
  readonly #controller = new AbortController();
  readonly #listeners: readonly (readonly [AbortSignal, () => void])[];

  constructor(...signals: readonly AbortSignal[]) {
    setMaxListeners(0, this.#controller.signal, ...signals); // a worker does much at once
    this.#listeners = signals.map((signal) => [signal, () => this.#controller.abort(signal.reason)] as const);
    for (const [signal, abort] of this.#listeners) {
      if (signal.aborted) abort();
      else signal.addEventListener('abort', abort, { once: true });
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    for (const [signal, abort] of this.#listeners) signal.removeEventListener('abort', abort);
  }
}
