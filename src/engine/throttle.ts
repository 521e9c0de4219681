import { setTimeout as delay } from 'node:timers/promises';
import { SternaError } from '../contract/index.js';
import type { MysqlServer, Session } from '../mysql/index.js';
import type { Driver } from './driver.js';
import { decideHolds, DEFAULT_LIMITS, type Hold, type LoadLimits, type Reading } from './load.js';
import { ReplicaLag } from './replica-lag.js';

/** What a target says about its load. */
export interface ThrottleOptions {
  /** Followed, so that copying never lets them fall behind. Closed by whoever opened them. */
  readonly replicas: readonly MysqlServer[];
  readonly limits: Partial<LoadLimits>;
}

/** Copying writes; comparing only reads. */
export type Work = 'copy' | 'compare';

const LOOK_MS = 1_000;
/** Without an answer for so long the load is not known. */
const STALE_MS = 10_000;
/** How often work that holds asks again. */
export const HOLD_MS = 100;
const FLUSH_MS = 1_000;

/**
 * Says when copying and comparing have to hold: by hand (volume 0), or because the server or a replica is under load.
 * Looks at the load on sessions of its own, once a second, whatever the copy does. Only chunks hold: captured keys go on
 * being flushed, and a stop, a cancel and a cutover are followed as always.
 */
export class Throttle implements AsyncDisposable {
  readonly #limits: LoadLimits;
  readonly #replicas: readonly ReplicaLag[];
  readonly #closed = new AbortController();
  #session: Session | undefined;
  #threadsRunning: Reading['value'] = { unknown: 'not looked at yet' };
  /** Undefined where the user may not know it. */
  #historyListLength: number | undefined;
  #mayReadHistory = true;
  #lookedAt = 0;
  #holds: readonly Hold[] = [];

  private constructor(
    private readonly driver: Driver,
    { replicas, limits }: ThrottleOptions,
  ) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
    this.#replicas = replicas.map((server) => new ReplicaLag(server));
  }

  static async start(driver: Driver, options: ThrottleOptions): Promise<Throttle> {
    const throttle = new Throttle(driver, options);
    await throttle.#look();
    void throttle.#keepLooking();
    return throttle;
  }

  /** Why this work has to hold, for people; undefined when it may go on. */
  reason(work: Work): string | undefined {
    const now = Date.now();
    const before = this.#holds;
    this.#holds = decideHolds(this.#readings(now), before, now);
    for (const hold of this.#holds) {
      const known = before.find(({ what }) => what === hold.what);
      if (hold.isLong && known?.isLong === false)
        this.driver.context.log.warn(
          { reason: hold.reason },
          'the copy has been held for minutes: look at the server, raise the limit in the inventory, or stop the change',
        );
    }
    const reasons = this.#holds.filter((hold) => work === 'copy' || !hold.byWritesOnly).map(({ reason }) => reason);
    if (this.driver.control.volume === 0) reasons.unshift('volume 0');
    return reasons.length === 0 ? undefined : reasons.join('; ');
  }

  /** Returns when this work may go on; `tell` is called with the reason meanwhile. */
  async pass(work: Work, tell: (reason: string) => void): Promise<void> {
    let flushedAt = Date.now();
    for (let reason; (reason = this.reason(work)) !== undefined;) {
      tell(reason);
      await this.driver.pause(HOLD_MS);
      await this.driver.checkpoint();
      if (Date.now() - flushedAt < FLUSH_MS) continue;
      await this.driver.save(await this.driver.flush(this.driver.main));
      flushedAt = Date.now();
    }
  }

  /** The session on the server goes with the driver's. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    await Promise.all(this.#replicas.map((replica) => replica[Symbol.asyncDispose]()));
  }

  #readings(now: number): Reading[] {
    const { threadsRunning, commitMs, historyListLength, replicaLagSeconds } = this.#limits;
    const stale = now - this.#lookedAt > STALE_MS;
    const readings: Reading[] = [
      {
        what: 'threads-running',
        value: stale ? { unknown: 'the server does not answer' } : this.#threadsRunning,
        limit: threadsRunning,
      },
      { what: 'commit-latency', value: this.driver.commitMs, limit: commitMs, unit: ' ms' },
    ];
    if (this.#historyListLength !== undefined)
      readings.push({ what: 'history-list-length', value: this.#historyListLength, limit: historyListLength });
    const one = this.#replicas.length === 1;
    for (const [i, replica] of this.#replicas.entries())
      readings.push({
        what: one ? 'replica-lag' : `replica-${i + 1}-lag`,
        value: replica.seconds,
        limit: replicaLagSeconds,
        unit: ' s',
        byWritesOnly: true,
      });
    return readings;
  }

  async #keepLooking(): Promise<void> {
    const { signal } = this.#closed;
    for (;;) {
      await delay(LOOK_MS, undefined, { signal }).catch(() => undefined); // closed: see below
      if (signal.aborted) return;
      await this.#look();
    }
  }

  /** Never throws: what goes wrong makes the load unknown, which holds. */
  async #look(): Promise<void> {
    try {
      const session = (this.#session ??= await this.driver.session());
      const [status] = await session.query<{ Value: string }>("SHOW GLOBAL STATUS LIKE 'Threads_running'");
      this.#threadsRunning = Number(status?.Value);
      if (this.#mayReadHistory) await this.#readHistory(session);
      if (this.#replicas.length > 0) {
        const [row] = await session.query<{ executed: string }>('SELECT @@GLOBAL.gtid_executed AS executed');
        for (const replica of this.#replicas) void replica.look(row?.executed ?? '');
      }
    } catch (error) {
      this.#threadsRunning = {
        unknown: `the server cannot be asked (${error instanceof SternaError ? error.code : 'internal'})`,
      };
      this.#session?.destroy();
      this.#session = undefined;
    }
    this.#lookedAt = Date.now();
  }

  async #readHistory(session: Session): Promise<void> {
    try {
      const [row] = await session.query<{ length: number | string }>(
        "SELECT COUNT AS length FROM information_schema.INNODB_METRICS WHERE NAME = 'trx_rseg_history_len'",
      );
      this.#historyListLength = row === undefined ? undefined : Number(row.length);
    } catch (error) {
      if (!(error instanceof SternaError) || error.code !== 'missing_privilege') throw error;
      this.#mayReadHistory = false;
      this.driver.context.log.info({}, 'the history list length is not looked at; it is after GRANT PROCESS ON *.*');
    }
  }
}
