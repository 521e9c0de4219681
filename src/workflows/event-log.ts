import type { ChangeEvent, ChangeEvents } from '../contract/index.js';

const LIMIT = 200;

/** Who did what, when, with which outcome: bounded, the oldest folded into a count. */
export class EventLog {
  #events: ChangeEvent[] = [];
  #folded = 0;

  constructor(private readonly now: () => number) {}

  add(event: Omit<ChangeEvent, 'at'>): void {
    this.#events.push({ at: new Date(this.now()).toISOString(), ...event });
    if (this.#events.length > LIMIT) {
      this.#folded += this.#events.length - LIMIT;
      this.#events = this.#events.slice(-LIMIT);
    }
  }

  read(): ChangeEvents {
    return { events: this.#events, folded: this.#folded };
  }
}
