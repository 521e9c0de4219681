import type { InventoryResolver, ResolvedTarget, TargetRequest } from '../inventory/index.js';

/**
 * What the inventory answers: one question for all who ask at the same time (K1), and for as long as its answer may be used
 * again. A failure is not remembered (K3).
 */
export class Resolutions {
  readonly #asked = new Map<string, Promise<ResolvedTarget>>();
  readonly #fresh = new Map<string, { readonly resolved: ResolvedTarget; readonly until: number }>();
  /** Aborts what is asked when nobody waits for it any more. */
  readonly #ended = new AbortController();
  /** Questions so far. */
  count = 0;

  constructor(
    private readonly resolver: Pick<InventoryResolver, 'resolve' | 'freshMs'>,
    private readonly now: () => number = () => performance.now(),
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
    this.#ended.abort();
    this.#fresh.clear();
  }

  async #ask(key: string, request: TargetRequest): Promise<ResolvedTarget> {
    this.count += 1;
    try {
      const resolved = await this.resolver.resolve(request, this.#ended.signal);
      const { freshMs = 0 } = this.resolver;
      if (freshMs > 0) this.#fresh.set(key, { resolved, until: this.now() + freshMs });
      return resolved;
    } finally {
      this.#asked.delete(key);
    }
  }
}

function keyOf({ target, environment, type }: TargetRequest): string {
  return JSON.stringify([environment, type, target]);
}
