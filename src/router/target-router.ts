import { setTimeout as delay } from 'node:timers/promises';
import { SternaError } from '../contract/index.js';
import type {
  InventoryHealth,
  InventoryResolver,
  ResolvedTarget,
  TargetRequest,
  TargetSummary,
} from '../inventory/index.js';
import type { TargetClient } from '../target/index.js';
import { Generation } from './generation.js';

export interface TargetRouterOptions {
  readonly resolver: InventoryResolver;
  /** Opens a client; called once per generation. */
  readonly openClient: (resolved: ResolvedTarget) => Promise<TargetClient>;
  /** How long a client that nobody uses stays open. @default 300_000 */
  readonly idleMs?: number;
  /** How long `close` waits for users. @default 10_000 */
  readonly graceMs?: number;
}

export interface RouterStats {
  readonly clients: number;
  readonly retiring: number;
  readonly inUse: number;
  readonly hits: number;
  readonly misses: number;
  readonly failures: Readonly<Record<string, number>>;
}

/**
 * The one router of a worker: resolves an opaque key and hands out one client per target.
 *
 * Resolution is cheap and happens at every use, so a changed connection counts at once: it makes a new
 * generation for new work, and the old one is closed when its last user is done (K2).
 */
export class TargetRouter implements AsyncDisposable {
  readonly #current = new Map<string, Generation>();
  readonly #retiring = new Set<Generation>();
  readonly #failures: Record<string, number> = {};
  readonly #idle: NodeJS.Timeout;
  readonly #idleMs: number;
  #closing: Promise<void> | undefined;
  #hits = 0;
  #misses = 0;

  constructor(private readonly options: TargetRouterOptions) {
    this.#idleMs = options.idleMs ?? 300_000;
    this.#idle = setInterval(() => this.#retireIdle(), Math.max(this.#idleMs / 4, 10)).unref();
  }

  /** Runs `work` with the client of a target; the client stays open at least as long. */
  async use<T>(request: TargetRequest, work: (client: TargetClient) => Promise<T>): Promise<T> {
    this.#assertOpen();
    const generation = await this.#acquire(request);
    try {
      return await work(await generation.client);
    } finally {
      generation.release();
      if (this.#retiring.has(generation)) await this.#closeUnused(generation);
    }
  }

  /** Throws `not_supported` where the inventory cannot list. */
  async list(signal?: AbortSignal): Promise<TargetSummary[]> {
    if (this.options.resolver.list === undefined)
      throw new SternaError(
        'not_supported',
        'Expected an inventory that can list its targets; this one cannot. Name the targets.',
      );
    return this.options.resolver.list(signal);
  }

  /** Whether an earlier state of the inventory is in force. */
  async inventoryHealth(): Promise<InventoryHealth> {
    return (await this.options.resolver.health?.()) ?? { stale: false };
  }

  stats(): RouterStats {
    const all = [...this.#current.values(), ...this.#retiring];
    return {
      clients: this.#current.size,
      retiring: this.#retiring.size,
      inUse: all.reduce((sum, generation) => sum + generation.users, 0),
      hits: this.#hits,
      misses: this.#misses,
      failures: { ...this.#failures },
    };
  }

  /** No new work; waits for users up to the grace, then closes every generation (K4). */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #acquire(request: TargetRequest): Promise<Generation> {
    let resolved: ResolvedTarget;
    try {
      resolved = await this.options.resolver.resolve(request);
    } catch (error) {
      this.#count(error); // K3: nothing of it is kept
      throw error;
    }
    this.#assertOpen(); // K4: closed meanwhile, and nobody would close what is opened now
    const key = JSON.stringify([resolved.environment, resolved.type, resolved.target]);
    // From here to `hold` nothing is awaited: concurrent first uses meet in the map (K1).
    let generation = this.#current.get(key);
    if (generation !== undefined && generation.connectionHash !== resolved.connectionHash) {
      this.#retire(key, generation);
      generation = undefined;
    }
    if (generation === undefined) {
      this.#misses += 1;
      const opened: Generation = new Generation(resolved.connectionHash, this.options.openClient(resolved));
      this.#current.set(key, (generation = opened));
      opened.client.catch((error: unknown) => {
        this.#count(error);
        if (this.#current.get(key) === opened) this.#current.delete(key); // K3
      });
    } else {
      this.#hits += 1;
    }
    generation.hold();
    return generation;
  }

  #retire(key: string, generation: Generation): void {
    this.#current.delete(key);
    this.#retiring.add(generation);
    // With users, the last one closes it.
    if (generation.users === 0) generation.closing = this.#closeUnused(generation);
  }

  async #closeUnused(generation: Generation): Promise<void> {
    if (generation.users > 0) return;
    await generation.close();
    this.#retiring.delete(generation);
  }

  #retireIdle(): void {
    for (const [key, generation] of this.#current) {
      if (generation.users === 0 && Date.now() - generation.usedAt > this.#idleMs) this.#retire(key, generation);
    }
  }

  async #shutDown(): Promise<void> {
    clearInterval(this.#idle);
    const deadline = Date.now() + (this.options.graceMs ?? 10_000);
    const all = [...this.#current.values(), ...this.#retiring];
    while (Date.now() < deadline && all.some((generation) => generation.users > 0)) await delay(20);
    this.#current.clear();
    this.#retiring.clear();
    await Promise.all(all.map((generation) => generation.close()));
  }

  #assertOpen(): void {
    if (this.#closing !== undefined)
      throw new SternaError(
        'router_closed',
        'Expected an open router; the worker is shutting down and takes no new work.',
      );
  }

  #count(error: unknown): void {
    const code = error instanceof SternaError ? error.code : 'internal';
    this.#failures[code] = (this.#failures[code] ?? 0) + 1;
  }
}
