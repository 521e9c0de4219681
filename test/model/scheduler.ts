import { vi } from 'vitest';
import { mulberry32 } from '../support/random.js';

interface Step {
  readonly ready: () => boolean;
  readonly run: () => void;
  /** Steps of others that come first, as long as there are any. */
  readonly heldUntil: number;
}

/** Milliseconds that may pass between two steps: nothing, a look at the control row, a round, a stall. */
const PASSES = [0, 0, 0, 0, 20, 120, 700, 1_600];
/** One step in so many is held up for long, such as a commit that waits for a replica or a slow chunk. */
const ONE_HELD_IN = 12;
const HELD_FOR = [20, 60, 150];
const MOST_STEPS = 20_000;

/**
 * Everything that happens in the simulation is a step of somebody; the choices of the schedule say who goes next, who is
 * held up and how much time passes. When they are used up, the longest waiting goes first, so that every schedule
 * comes to an end.
 */
export class Scheduler {
  #steps: Step[] = [];
  #left: number;
  readonly #random: () => number;
  #taken = 0;
  #failure: Error | undefined;

  constructor({ seed, length }: { readonly seed: number; readonly length: number }) {
    this.#random = mulberry32(seed);
    this.#left = length;
  }

  /** Resolves when it is this step's turn; `act` happens at that moment. */
  step<T>(act: () => T, ready: () => boolean = () => true): Promise<T> {
    const held = this.choose(ONE_HELD_IN) === 1 ? (HELD_FOR[this.choose(HELD_FOR.length)] ?? 0) : 0;
    return new Promise<T>((resolve, reject) => {
      this.#steps.push({
        ready,
        heldUntil: this.#taken + held,
        run: () => {
          try {
            resolve(act());
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
          }
        },
      });
    });
  }

  /** A number below `bound`; 0 when the choices are used up. */
  choose(bound: number): number {
    return this.#left > 0 ? Math.floor(this.#random() * bound) : 0;
  }

  fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
  }

  /** Takes steps until `isOver`. */
  async run(isOver: () => boolean): Promise<void> {
    for (;;) {
      await settled();
      if (this.#failure !== undefined) throw this.#failure;
      if (isOver()) return;
      if (this.#taken > MOST_STEPS) throw new Error('The simulation does not come to an end.');
      const ready = this.#steps.filter((step) => step.ready());
      if (ready.length === 0) {
        if (vi.getTimerCount() === 0) throw new Error('The simulation is stuck: nobody can go on.');
        vi.advanceTimersToNextTimer();
        continue;
      }
      const free = ready.filter((step) => step.heldUntil <= this.#taken);
      const [step] = (free.length > 0 ? free : ready).splice(this.choose(free.length || ready.length), 1);
      if (step === undefined) continue;
      this.#steps.splice(this.#steps.indexOf(step), 1);
      this.#taken += 1;
      const pass = PASSES[this.choose(PASSES.length)] ?? 0;
      if (pass > 0) vi.advanceTimersByTime(pass);
      this.#left -= 1;
      step.run();
    }
  }
}

const immediate = setImmediate;

/** Every promise that can go on has gone on. */
function settled(): Promise<void> {
  return new Promise((resolve) => void immediate(resolve));
}
