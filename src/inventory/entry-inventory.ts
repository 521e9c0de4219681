import { SternaError } from '../contract/index.js';
import type { EntryContext } from './connection.js';
import type { InventoryEntry, TargetEntry } from './entry.js';
import { describeIssues, entryShape, summaryShape } from './entry.js';
import { explainEntry } from './explain-entry.js';
import { resolveEntry, selectEntry } from './resolve-entry.js';
import type { InventoryResolver, ResolvedTarget, TargetExplanation, TargetRequest, TargetSummary } from './resolver.js';

/** Where entries are kept. */
export interface EntrySource {
  readonly kind: TargetExplanation['kind'];
  /** For messages: the entry of a target, e.g. `targets.orders`. */
  where(target: string): string;
  /** All entries that may be meant; none is the answer that there is no such target (R5). */
  find(request: TargetRequest, signal: AbortSignal | undefined): Promise<readonly TargetEntry[]>;
  list?: ((signal: AbortSignal | undefined) => Promise<readonly TargetSummary[]>) | undefined;
}

/** What all backends that keep entries have in common; they differ in where they find them. */
export class EntryInventory implements InventoryResolver {
  readonly list: InventoryResolver['list'];

  constructor(
    private readonly source: EntrySource,
    private readonly context: EntryContext,
  ) {
    const list = source.list?.bind(source);
    this.list = list === undefined ? undefined : async (signal) => sortedSummaries(await list(signal));
  }

  async resolve(request: TargetRequest, signal?: AbortSignal): Promise<ResolvedTarget> {
    const entry = selectEntry(await this.source.find(request, signal), request);
    return resolveEntry(entry, this.source.where(entry.target), this.context);
  }

  async explain(request: TargetRequest, signal?: AbortSignal): Promise<TargetExplanation> {
    const entry = selectEntry(await this.source.find(request, signal), request);
    return { kind: this.source.kind, ...(await explainEntry(entry, this.source.where(entry.target), this.context)) };
  }
}

/** By environment and key, as copies. */
export function sortedSummaries(summaries: readonly TargetSummary[]): TargetSummary[] {
  return summaries
    .map(({ target, environment, type, labels }) => ({ target, environment, type, labels: { ...labels } }))
    .sort((a, b) => a.environment.localeCompare(b.environment) || a.target.localeCompare(b.target));
}

/** One that is not an object, or breaks a rule, is `config_invalid` with every mistake. */
export function parseEntry(found: unknown, where: string): InventoryEntry {
  const result = entryShape.safeParse(found);
  if (result.success) return result.data;
  throw new SternaError('config_invalid', `${where}: ${describeIssues(result.error)}.`);
}

/**
 * R5: a list with a mistake is no list, and an empty one is taken for a fault: a fleet that is gone from one moment to the
 * next is rather a table that was emptied, or a service that has lost its data.
 */
export function parseSummaries(found: readonly unknown[], where: string): TargetSummary[] {
  const result = summaryShape.array().safeParse(found);
  if (!result.success) throw new SternaError('inventory_unavailable', `${where}: ${describeIssues(result.error)}.`);
  if (result.data.length === 0)
    throw new SternaError('inventory_unavailable', `${where}: expected at least one target, found none.`);
  return result.data;
}
