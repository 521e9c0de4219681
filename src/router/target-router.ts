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
import { Resolutions } from './resolutions.js';

/** How a router finds targets and opens their clients, and its bounds. `openRouter` gives the MySQL clients. */
export interface TargetRouterOptions {
  readonly resolver: InventoryResolver;
  /** Opens a client; called once per generation. */
  readonly openClient: (resolved: ResolvedTarget) => Promise<TargetClient>;
  /** How long a client that nobody uses stays open. @default 300_000 */
  readonly idleMs?: number;
  /** How long `close` waits for users. @default 10_000 */
  readonly graceMs?: number;
  /** Clients open at once; the one that was idle for longest makes room, and without one a use waits. @default 200 */
  readonly maxClients?: number;
}

/** Counters are since the start. */
export interface RouterStats {
  /** Current ones; each is of one target. */
  readonly clients: number;
  /** Of earlier connections, with users left or closing. */
  readonly retiring: number;
  /** Uses that run now. */
  readonly inUse: number;
  /** Uses that wait for room for another client. */
  readonly waiting: number;
  /** Connections to servers that are open now. */
  readonly connections: number;
  readonly hits: number;
  readonly misses: number;
  /** Questions to the inventory. */
  readonly resolutions: number;
  /** Clients that were closed because they were idle, or to make room for others. */
  readonly evictions: number;
  /** By error code. */
  readonly failures: Readonly<Record<string, number>>;
}

/** A read tries once more where the inventory says something else by now. */
const STALE: ReadonlySet<string> = new Set(['access_denied', 'server_unreachable']);

/**
 * The one router of a worker: resolves an opaque key and hands out one client per target.
 *
 * The inventory is asked at every use, but for the moment in which its answer may be used again, so a changed connection
 * counts at once: it makes a new generation for new work, and the old one is closed when its last user is done (K2).
 */
export class TargetRouter implements AsyncDisposable {
  /** Least recently used first. */
  readonly #current = new Map<string, Generation>();
  readonly #retiring = new Set<Generation>();
  readonly #waiting: { readonly came: number; readonly wake: () => void }[] = [];
  readonly #failures: Record<string, number> = {};
  readonly #resolutions: Resolutions;
  readonly #idle: NodeJS.Timeout;
  readonly #idleMs: number;
  readonly #maxClients: number;
  #closing: Promise<void> | undefined;
  /** Uses so far. */
  #came = 0;
  #hits = 0;
  #misses = 0;
  #evictions = 0;

  constructor(private readonly options: TargetRouterOptions) {
    this.#resolutions = new Resolutions(options.resolver);
    this.#idleMs = options.idleMs ?? 300_000;
    this.#maxClients = options.maxClients ?? 200;
    this.#idle = setInterval(() => this.#retireIdle(), Math.max(this.#idleMs / 4, 10)).unref();
  }

  /** Runs `work` with the client of a target; the client stays open at least as long. */
  async use<T>(request: TargetRequest, work: (client: TargetClient) => Promise<T>): Promise<T> {
    return this.#run(await this.#acquire(request), work);
  }

  /**
   * As `use`, for work that changes nothing: where the server is away or refuses the account, the inventory is asked once
   * more, and the work is done again if it says something else by now.
   */
  async read<T>(request: TargetRequest, work: (client: TargetClient) => Promise<T>): Promise<T> {
    const generation = await this.#acquire(request);
    try {
      return await this.#run(generation, work);
    } catch (error) {
      if (!(error instanceof SternaError) || !STALE.has(error.code)) throw error;
      this.#resolutions.forget(request);
      const next = await this.#acquire(request);
      if (next.connectionHash !== generation.connectionHash) return this.#run(next, work);
      this.#release(next);
      throw error;
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
    const sum = (of: (generation: Generation) => number): number => all.reduce((total, each) => total + of(each), 0);
    return {
      clients: this.#current.size,
      retiring: this.#retiring.size,
      inUse: sum(({ users }) => users),
      waiting: this.#waiting.length,
      connections: sum(({ connections }) => connections),
      hits: this.#hits,
      misses: this.#misses,
      resolutions: this.#resolutions.count,
      evictions: this.#evictions,
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

  async #run<T>(generation: Generation, work: (client: TargetClient) => Promise<T>): Promise<T> {
    try {
      return await work(await generation.client);
    } finally {
      this.#release(generation);
      if (this.#retiring.has(generation)) await this.#closeUnused(generation);
    }
  }

  #release(generation: Generation): void {
    generation.release();
    if (generation.users === 0) this.#wakeNext();
  }

  /** Held for the caller. */
  async #acquire(request: TargetRequest): Promise<Generation> {
    const came = this.#came++;
    for (let turn = false; ; turn = true) {
      let opens = false;
      try {
        this.#assertOpen();
        const resolved = await this.#resolve(request);
        this.#assertOpen(); // K4: closed meanwhile, and nobody would close what is opened now
        // From here to `hold` nothing is awaited: concurrent first uses meet in the map (K1).
        const known = this.#currentOf(resolved);
        const generation = known ?? this.#open(resolved, turn);
        opens = known === undefined;
        if (generation !== undefined) {
          generation.hold();
          return generation;
        }
      } finally {
        // What it was woken for is there for the next one.
        if (turn && !opens) this.#wakeNext();
      }
      // By the time that there is room, the inventory may say something else.
      await this.#room(came);
    }
  }

  /** Resolves when a client has been closed, or is not in use any more; whoever came first, first. */
  #room(came: number): Promise<void> {
    return new Promise((wake) => {
      const behind = this.#waiting.findIndex((other) => other.came > came);
      this.#waiting.splice(behind === -1 ? this.#waiting.length : behind, 0, { came, wake });
    });
  }

  #wakeNext(): void {
    this.#waiting.shift()?.wake();
  }

  #resolve(request: TargetRequest): ResolvedTarget | Promise<ResolvedTarget> {
    const resolved = this.#resolutions.of(request);
    if (!(resolved instanceof Promise)) return resolved;
    return resolved.catch((error: unknown) => {
      this.#count(error); // K3: nothing of it is kept
      throw error;
    });
  }

  #currentOf(resolved: ResolvedTarget): Generation | undefined {
    const key = keyOf(resolved);
    const generation = this.#current.get(key);
    if (generation === undefined) return undefined;
    this.#current.delete(key);
    if (generation.connectionHash === resolved.connectionHash) {
      this.#current.set(key, generation); // as the last one
      this.#hits += 1;
      return generation;
    }
    this.#retire(generation);
    return undefined;
  }

  /** Undefined where there is no room, or others wait for it already. @param turn whether those have been waited for */
  #open(resolved: ResolvedTarget, turn: boolean): Generation | undefined {
    if (!turn && this.#waiting.length > 0) return undefined;
    if (this.#current.size + this.#retiring.size >= this.#maxClients) {
      // One that closes makes room when it has closed.
      this.#evict([...this.#current.values()].find(({ users }) => users === 0));
      return undefined;
    }
    this.#misses += 1;
    const key = keyOf(resolved);
    const opened = new Generation(key, resolved.connectionHash, this.options.openClient(resolved));
    this.#current.set(key, opened);
    opened.client.catch((error: unknown) => {
      this.#count(error);
      if (this.#current.get(key) === opened) this.#current.delete(key); // K3
    });
    return opened;
  }

  #evict(generation: Generation | undefined): void {
    if (generation === undefined) return;
    this.#evictions += 1;
    this.#current.delete(generation.key);
    this.#retire(generation);
  }

  #retire(generation: Generation): void {
    this.#retiring.add(generation);
    // With users, the last one closes it.
    if (generation.users === 0) void this.#closeUnused(generation);
  }

  async #closeUnused(generation: Generation): Promise<void> {
    if (generation.users > 0) return;
    await generation.close().catch((error: unknown) => this.#count(error));
    if (this.#retiring.delete(generation)) this.#wakeNext();
  }

  #retireIdle(): void {
    this.#resolutions.sweep();
    for (const generation of this.#current.values()) {
      if (generation.users === 0 && Date.now() - generation.usedAt > this.#idleMs) this.#evict(generation);
    }
  }

  async #shutDown(): Promise<void> {
    clearInterval(this.#idle);
    this.#resolutions.end();
    for (const { wake } of this.#waiting.splice(0)) wake(); // to be refused
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

function keyOf({ environment, type, target }: ResolvedTarget): string {
  return JSON.stringify([environment, type, target]);
}
