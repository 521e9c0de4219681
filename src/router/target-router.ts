import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { SternaError } from '../contract/index.js';
import {
  orAborted,
  type InventoryHealth,
  type InventoryResolver,
  type ResolvedTarget,
  type TargetRequest,
  type TargetSummary,
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

/** How a use comes to its client. */
export interface UseOptions {
  /** Aborted before the work has begun: the use ends with its reason, whatever it waits for. */
  readonly signal?: AbortSignal | undefined;
  /** Called when all clients are in use and it has to wait for one. */
  readonly onWait?: () => void;
  /** Opens its client above the bound: a stop waits for nobody (C1). @default false */
  readonly urgent?: boolean;
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
  /** By error code: of finding a target, of connecting to it, of closing its client. */
  readonly failures: Readonly<Record<string, number>>;
}

/** The target is not reached. A read tries once more where the inventory says something else by now. */
const UNREACHED: ReadonlySet<string> = new Set(['access_denied', 'server_unreachable']);
/** Clients that do not close, after they were told to cut what they still have, are left behind. */
const CLOSE_MS = 15_000;

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
  /** When those came who were woken, and see now whether there is room. */
  readonly #trying = new Set<number>();
  readonly #waiting: { readonly came: number; wake: () => void }[] = [];
  readonly #failures: Record<string, number> = {};
  readonly #resolutions: Resolutions;
  readonly #idle: NodeJS.Timeout;
  readonly #idleMs: number;
  readonly #maxClients: number;
  #closing: Promise<void> | undefined;
  /** Aborted when it closes: nobody waits for a client any more. */
  readonly #ended = new AbortController();
  /** Uses so far. */
  #came = 0;
  #hits = 0;
  #misses = 0;
  #evictions = 0;

  constructor(private readonly options: TargetRouterOptions) {
    this.#resolutions = new Resolutions(options.resolver);
    this.#idleMs = options.idleMs ?? 300_000;
    this.#maxClients = options.maxClients ?? 200;
    setMaxListeners(0, this.#ended.signal); // one of each use that waits
    this.#idle = setInterval(() => this.#retireIdle(), Math.max(this.#idleMs / 4, 10)).unref();
  }

  /** Runs `work` with the client of a target; the client stays open at least as long. */
  async use<T>(
    request: TargetRequest,
    work: (client: TargetClient) => Promise<T>,
    options: UseOptions = {},
  ): Promise<T> {
    return this.#run(await this.#acquire(request, options), work, options);
  }

  /**
   * As `use`, for work that changes nothing: where the server is away or refuses the account, the inventory is asked once
   * more, and the work is done again if it says something else by now.
   */
  async read<T>(
    request: TargetRequest,
    work: (client: TargetClient) => Promise<T>,
    options: UseOptions = {},
  ): Promise<T> {
    const generation = await this.#acquire(request, options);
    try {
      return await this.#run(generation, work, options);
    } catch (error) {
      if (!isUnreached(error)) throw error;
      this.#resolutions.forget(request);
      const next = await this.#acquire(request, options);
      if (next.connectionHash !== generation.connectionHash) return this.#run(next, work, options);
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

  /** No new work; waits for users up to the grace, then closes every client, which cuts off those that are left (K4). */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #run<T>(
    generation: Generation,
    work: (client: TargetClient) => Promise<T>,
    { signal }: UseOptions,
  ): Promise<T> {
    try {
      const client = generation.opened ?? (await this.#orLeave(generation.client, signal));
      return await this.#counted(() => work(client));
    } finally {
      this.#release(generation);
      if (this.#retiring.has(generation)) await this.#closeUnused(generation);
    }
  }

  /** Clients connect when they are used, so that work is where a target turns out not to be reached. */
  async #counted<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (isUnreached(error)) this.#count(error);
      throw error;
    }
  }

  #release(generation: Generation): void {
    generation.release();
    if (generation.users === 0) this.#wakeNext();
  }

  /** Held for the caller. */
  async #acquire(request: TargetRequest, { signal, onWait, urgent = false }: UseOptions): Promise<Generation> {
    const came = this.#came++;
    for (let turn = false; ; turn = true) {
      let opens = false;
      try {
        this.#assertOpen();
        const found = this.#resolve(request);
        const resolved = found instanceof Promise ? await this.#orLeave(found, signal) : found;
        this.#assertOpen(); // K4: closed meanwhile, and nobody would close what is opened now
        // From here to `hold` nothing is awaited: concurrent first uses meet in the map (K1).
        const known = this.#currentOf(resolved);
        const generation = known ?? (urgent || this.#mayOpen(came) ? this.#open(resolved) : undefined);
        opens = known === undefined;
        if (generation !== undefined) {
          generation.hold();
          return generation;
        }
      } finally {
        this.#trying.delete(came);
        // What it was woken for, or more of it, is there for the next one.
        if (turn && (!opens || this.#hasRoom)) this.#wakeNext();
      }
      // By the time that there is room, the inventory may say something else.
      onWait?.();
      await this.#room(came, signal);
    }
  }

  /** Resolves when a client has been closed, or is not in use any more; whoever came first, first. */
  async #room(came: number, signal: AbortSignal | undefined): Promise<void> {
    const waiter = { came, wake: (): void => undefined };
    const room = new Promise<void>((wake) => (waiter.wake = wake));
    const behind = this.#waiting.findIndex((other) => other.came > came);
    this.#waiting.splice(behind === -1 ? this.#waiting.length : behind, 0, waiter);
    try {
      await this.#orLeave(room, signal);
    } catch (error) {
      const at = this.#waiting.indexOf(waiter);
      if (at !== -1) this.#waiting.splice(at, 1);
      else if (this.#trying.delete(came)) this.#wakeNext(); // woken and gone at the same time
      throw error;
    }
  }

  /** What is waited for, unless the use is not wanted any more, or the router closes. */
  #orLeave<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    return orAborted(work, ...(signal === undefined ? [] : [signal]), this.#ended.signal);
  }

  #wakeNext(): void {
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#trying.add(next.came);
    next.wake();
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

  get #hasRoom(): boolean {
    return this.#current.size + this.#retiring.size < this.#maxClients;
  }

  /** False where there is no room, or where it is somebody's who came before. */
  #mayOpen(came: number): boolean {
    if ([...this.#trying, ...this.#waiting.map((other) => other.came)].some((other) => other < came)) return false;
    if (this.#hasRoom) return true;
    // One that closes makes room when it has closed.
    this.#evict([...this.#current.values()].find(({ users }) => users === 0));
    return false;
  }

  #open(resolved: ResolvedTarget): Generation {
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
    this.#ended.abort(routerClosed());
    this.#resolutions.end();
    const deadline = Date.now() + (this.options.graceMs ?? 10_000);
    const all = [...this.#current.values(), ...this.#retiring];
    while (Date.now() < deadline && all.some((generation) => generation.users > 0)) await delay(20);
    this.#current.clear();
    this.#retiring.clear();
    const closed = new AbortController();
    const limit = delay(CLOSE_MS, undefined, { signal: closed.signal }).catch(() => undefined); // in time
    await Promise.race([Promise.all(all.map((generation) => generation.close())), limit]).finally(() => closed.abort());
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw routerClosed();
  }

  #count(error: unknown): void {
    const code = error instanceof SternaError ? error.code : 'internal';
    this.#failures[code] = (this.#failures[code] ?? 0) + 1;
  }
}

function isUnreached(error: unknown): boolean {
  return error instanceof SternaError && UNREACHED.has(error.code);
}

function routerClosed(): SternaError {
  return new SternaError(
    'router_closed',
    'Expected an open router; the worker is shutting down and takes no new work.',
  );
}

function keyOf({ environment, type, target }: ResolvedTarget): string {
  return JSON.stringify([environment, type, target]);
}
