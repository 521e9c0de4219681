import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import type { Control, ControlResult } from '../contract/index.js';
import { toFailure, untilServed } from './scopes.js';

/**
 * Carries the control row to the target while a driver may be reading it. Writes one after another, always
 * the newest; a driver that starts later gets the newest with its step. The messages themselves are
 * durable in the history before (C1).
 */
export class ControlWriter {
  #sequence = 0;
  /** Undefined while the target has not said. */
  #swapped: readonly string[] | undefined;
  #driven = false;
  #writing = false;
  #scope: CancellationScope | undefined;

  constructor(
    private readonly control: () => Control,
    private readonly write: (control: Control) => Promise<ControlResult>,
    private readonly gaveUp: (why: string) => void,
  ) {}

  /** A step starts, with this control. */
  begin({ sequence }: Control): void {
    this.#sequence = Math.max(this.#sequence, sequence);
    this.#driven = true;
  }

  /** The step has ended: nobody reads the row. */
  end(): void {
    this.#driven = false;
  }

  /** Nothing is on its way to the target. */
  get isSettled(): boolean {
    return !this.#writing;
  }

  /**
   * Waits until this control is in the target, or nobody reads it any more. Returns the tasks that were
   * swapped by then; undefined when the control did not reach the target.
   */
  async delivered({ sequence }: Control): Promise<readonly string[] | undefined> {
    await condition(() => this.#sequence >= sequence || !this.#driven);
    return this.#driven ? this.#swapped : [];
  }

  /** Runs until `close`. */
  async run(): Promise<void> {
    // Made here: a scope belongs to the one it is made in, and the workflow's own may be cancelled.
    const scope = new CancellationScope();
    this.#scope = scope;
    for (;;) {
      await condition(() => scope.consideredCancelled || (this.#driven && this.control().sequence > this.#sequence));
      if (scope.consideredCancelled) return;
      const control = this.control();
      this.#writing = true;
      try {
        const { swapped } = await scope.run(() => untilServed(() => this.write(control)));
        this.#swapped = swapped;
      } catch (error) {
        if (isCancellation(error)) return;
        this.#swapped = undefined;
        this.gaveUp(toFailure(error).message);
      } finally {
        this.#writing = false;
      }
      this.#sequence = Math.max(this.#sequence, control.sequence);
    }
  }

  /** Before anything is removed on the target: a late write would bring its state table back. */
  close(): void {
    this.#scope?.cancel();
  }
}
