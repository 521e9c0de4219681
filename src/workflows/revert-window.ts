import type { ChangeStatus, ErrorInfo } from '../contract/index.js';
import { refusal } from './change-input.js';

/** The time after a swap in which it can be taken back: when it ends, what it was asked to end with, whether it can. */
export class RevertWindow {
  #ends: number | undefined;
  #asked: 'revert' | 'finalize' | undefined;
  #unsafe: ErrorInfo | undefined;

  get asked(): 'revert' | 'finalize' | undefined {
    return this.#asked;
  }
  get unsafe(): ErrorInfo | undefined {
    return this.#unsafe;
  }

  open(ends: number): void {
    this.#ends = ends;
    this.#asked = undefined;
  }

  ask(what: 'revert' | 'finalize'): void {
    this.#asked = what;
  }

  markUnsafe(error: ErrorInfo): void {
    this.#unsafe = error;
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
