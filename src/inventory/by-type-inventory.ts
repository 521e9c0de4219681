import { SternaError, DEFAULT_TARGET_TYPE } from '../contract/index.js';
import { sortedSummaries } from './entry-inventory.js';
import { explain } from './explain-entry.js';
import type {
  InventoryHealth,
  InventoryResolver,
  ResolvedTarget,
  TargetExplanation,
  TargetRequest,
  TargetSummary,
} from './resolver.js';

/** One inventory for each type of database. */
export class InventoryByType implements InventoryResolver {
  readonly list: InventoryResolver['list'];

  constructor(private readonly types: ReadonlyMap<string, InventoryResolver>) {
    // R5: a list without the targets of one type would say that they do not exist.
    if ([...types.values()].every(({ list }) => list !== undefined)) this.list = (signal) => this.#list(signal);
  }

  async resolve(request: TargetRequest, signal?: AbortSignal): Promise<ResolvedTarget> {
    return this.#of(request).resolve(request, signal);
  }

  async explain(request: TargetRequest, signal?: AbortSignal): Promise<TargetExplanation> {
    return explain(this.#of(request), request, signal);
  }

  async health(): Promise<InventoryHealth> {
    const all = await Promise.all([...this.types.values()].map(async (inventory) => inventory.health?.()));
    return all.find((health) => health?.stale) ?? { stale: false };
  }

  #of({ target, type = DEFAULT_TARGET_TYPE }: TargetRequest): InventoryResolver {
    const inventory = this.types.get(type);
    if (inventory !== undefined) return inventory;
    throw new SternaError(
      'target_type_mismatch',
      `Expected a type of the inventory (${[...this.types.keys()].sort().join(', ')}) for target ${target}, got ${type}.`,
    );
  }

  async #list(signal?: AbortSignal): Promise<TargetSummary[]> {
    const all = await Promise.all(
      [...this.types.values()].map(async (inventory) => (await inventory.list?.(signal)) ?? []),
    );
    return sortedSummaries(all.flat());
  }
}
