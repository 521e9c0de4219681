import type { TargetEntry } from './entry.js';
import type { EntrySource } from './entry-inventory.js';
import type { TargetRequest, TargetSummary } from './resolver.js';

/** Entries that stand in the inventory file itself. */
export class StaticEntries implements EntrySource {
  readonly kind = 'targets';
  readonly #byTarget = new Map<string, TargetEntry[]>();

  constructor(private readonly entries: readonly TargetEntry[]) {
    for (const entry of entries) this.#byTarget.set(entry.target, [...(this.#byTarget.get(entry.target) ?? []), entry]);
  }

  where(target: string): string {
    return `targets.${target}`;
  }

  find({ target }: TargetRequest): Promise<readonly TargetEntry[]> {
    return Promise.resolve(this.#byTarget.get(target) ?? []);
  }

  list(): Promise<readonly TargetSummary[]> {
    return Promise.resolve(this.entries);
  }
}
