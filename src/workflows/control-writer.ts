import { condition } from '@temporalio/workflow';
import type { ControlActivities, ControlInput } from '../contract/index.js';

/**
 * Carries the control row to the target while a driver may be reading it. Writes one after another, always
 * the newest (C1); a driver that starts later gets the newest with its step.
 */
export class ControlWriter {
  #writing = false;
  #written = 0;
  #swapped: readonly string[] = [];

  constructor(
    private readonly activities: () => ControlActivities,
    private readonly input: () => ControlInput,
  ) {}

  /** Returns the tasks that were already swapped when the newest control was in the target. */
  async write(): Promise<readonly string[]> {
    await condition(() => !this.#writing);
    const input = this.input();
    if (input.control.sequence <= this.#written) return this.#swapped;
    this.#writing = true;
    try {
      const { swapped } = await this.activities().writeControl(input);
      this.#written = input.control.sequence;
      this.#swapped = swapped;
      return swapped;
    } finally {
      this.#writing = false;
    }
  }

  /** Before anything is removed on the target. */
  async idle(): Promise<void> {
    await condition(() => !this.#writing);
  }
}
