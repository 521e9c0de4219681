import type { Control } from '../contract/index.js';

/** What the control row on the target is to say. Each change has a higher sequence: an old one never overwrites it (C1). */
export class ControlRow {
  #control: Control;

  constructor(
    volume: number,
    private readonly now: () => number,
  ) {
    this.#control = { sequence: Math.max(1, now()), run: 'run', volume, cutover: false };
  }

  get control(): Control {
    return this.#control;
  }

  set(change: Partial<Control>): void {
    // By the clock, so that a workflow that was reset is not behind what it wrote before.
    const sequence = Math.max(this.#control.sequence + 1, this.now());
    this.#control = { ...this.#control, ...change, sequence };
  }
}
