import { type InventoryResolver, type ResolvedTarget, type TargetRequest, within } from '../inventory/index.js';

/** Longer than any inventory of a file takes to say that it cannot answer. */
const LIMIT_MS = 60_000;

/**
 * What the inventory answers: one question for all who ask at the same time (K1), and for as long as its answer may be used
 * again. A failure is not remembered (K3).
 */
export class Resolutions {
  readonly #asked = new Map<string, Promise<ResolvedTarget>>();
  readonly #fresh = new Map<string, { readonly resolved: ResolvedTarget; readonly until: number }>();
  /** Of what is being asked, to be ended when nobody waits for it any more. */
  readonly #asking = new Set<AbortController>();
  /** Questions so far. */
  count = 0;

  constructor(
    private readonly resolver: Pick<InventoryResolver, 'resolve' | 'freshMs'>,
    private readonly now: () => number = () => performance.now(),
    private readonly limitMs = LIMIT_MS,
  ) {}

  /** At once where it is known: a warm use awaits nothing here. */
  of(request: TargetRequest): ResolvedTarget | Promise<ResolvedTarget> {
    const key = keyOf(request);
    const known = this.#fresh.get(key);
    if (known !== undefined && this.now() < known.until) return known.resolved;
    const asked = this.#asked.get(key);
    if (asked !== undefined) return asked;
    const asking = this.#ask(key, request);
    this.#asked.set(key, asking);
    return asking;
  }

  /** The next use asks again. */
  forget(request: TargetRequest): void {
    this.#fresh.delete(keyOf(request));
  }

  /** Lets go of answers that are not to be used again, so that memory is held for targets in use only. */
  sweep(): void {
    for (const [key, { until }] of this.#fresh) if (this.now() >= until) this.#fresh.delete(key);
  }

  end(): void {
    for (const asking of this.#asking) asking.abort();
    this.#fresh.clear();
  }

  async #ask(key: string, request: TargetRequest): Promise<ResolvedTarget> {
    this.count += 1;
    const asking = new AbortController();
    this.#asking.add(asking);
    try {
      const answer = this.resolver.resolve(request, asking.signal);
      const resolved = await within('The inventory', answer, asking.signal, this.limitMs);
      const { freshMs = 0 } = this.resolver;
      if (freshMs > 0) this.#fresh.set(key, { resolved, until: this.now() + freshMs });
      return resolved;
    } finally {
      asking.abort(); // one that is given up on
      this.#asking.delete(asking);
      this.#asked.delete(key);
    }
  }
}

function keyOf({ target, environment, type }: TargetRequest): string {
  return JSON.stringify([environment, type, target]);
}
