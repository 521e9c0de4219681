import type { ChangeStatus, ErrorInfo } from '../contract/index.js';
import { refusal } from './change-input.js';
import type { ControlRow } from './control-row.js';
import type { EventLog } from './event-log.js';

/**
 * The time after a swap in which it can be taken back: when it ends, what it was asked to end with, whether it can.
 * Whoever guards it follows the control row.
 */
export class RevertWindow {
  #ends: number | undefined;
  #asked: 'revert' | 'finalize' | undefined;
  #unsafe: ErrorInfo | undefined;

  constructor(
    private readonly row: ControlRow,
    private readonly log: EventLog,
    private readonly now: () => number,
  ) {}

  get asked(): 'revert' | 'finalize' | undefined {
    return this.#asked;
  }
  get unsafe(): ErrorInfo | undefined {
    return this.#unsafe;
  }

  open(milliseconds: number): void {
    this.#ends = this.now() + milliseconds;
    this.#asked = undefined;
    this.guardOn();
  }

  /** A guard that starts now has nothing to stop for, whatever was asked of an earlier step. */
  guardOn(): void {
    this.row.set({ run: 'run', cutover: false });
  }

  revert(): void {
    this.#asked = 'revert';
    this.row.set({ cutover: true }); // back
  }

  /** By the message, or because its time is over. */
  finalize(): void {
    this.#asked = 'finalize';
    this.row.set({ run: 'stop' });
  }

  /** The tables cannot be swapped back any more. Neither they nor their writers are affected. */
  markUnsafe(error: ErrorInfo): void {
    this.#unsafe = error;
    this.log.add({ what: 'revert_window', outcome: 'noted', detail: `unsafe: ${error.code}: ${error.message}` });
  }

  close(): void {
    this.#ends = undefined;
  }

  assertMayRevert(): void {
    if (this.#unsafe === undefined) return;
    throw refusal(
      'not_revertible',
      `Expected tables that can be swapped back, but ${this.#unsafe.code}: ${this.#unsafe.message} Send finalize, or leave the window to its end.`,
    );
  }

  status(): Pick<ChangeStatus, 'revertWindowEnds' | 'revertUnsafe'> {
    if (this.#ends === undefined) return {};
    return {
      revertWindowEnds: new Date(this.#ends).toISOString(),
      ...(this.#unsafe === undefined ? {} : { revertUnsafe: this.#unsafe }),
    };
  }
}
