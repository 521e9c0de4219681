import { SternaError } from '../contract/index.js';
import type { MysqlServer, Session } from '../mysql/index.js';

/**
 * How far one replica is behind, without a heartbeat and without a privilege: how long it takes to have every
 * transaction that the source had at some moment, or how long that moment is ago while it has not. So it counts what is
 * on the way to the replica as well, a replica that stands still, and one that does not answer.
 */
export class ReplicaLag implements AsyncDisposable {
  #session: Session | undefined;
  #goal: { readonly gtids: string; readonly since: number } | undefined;
  #lastMs: number | undefined;
  #failure: string | undefined;
  #looking = false;

  constructor(private readonly server: MysqlServer) {}

  /** Never throws: what goes wrong makes the lag unknown. @param executed the source's GTIDs, as of now */
  async look(executed: string): Promise<void> {
    if (this.#looking) return; // one that does not answer: the lag grows
    this.#looking = true;
    try {
      this.#failure = await this.#compare(executed);
    } catch (error) {
      this.#failure = `it cannot be asked (${error instanceof SternaError ? error.code : 'internal'})`;
      this.#session?.destroy();
      this.#session = undefined;
    } finally {
      this.#looking = false;
    }
  }

  /** In whole seconds. */
  get seconds(): number | { readonly unknown: string } {
    if (this.#failure !== undefined) return { unknown: this.#failure };
    if (this.#lastMs === undefined) return { unknown: 'it has yet to reach where the source was at the start' };
    const ageMs = this.#goal === undefined ? 0 : performance.now() - this.#goal.since;
    return Math.floor(Math.max(this.#lastMs, ageMs) / 1_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#looking) this.#session?.destroy();
    else await this.#session?.close();
  }

  /** Returns why it cannot be compared. */
  async #compare(executed: string): Promise<string | undefined> {
    if (executed === '') return 'the source has no GTIDs, by which replicas are followed';
    const goal = (this.#goal ??= { gtids: executed, since: performance.now() });
    const session = (this.#session ??= await this.server.connect());
    const [row] = await session.query<{ reached: number }>('SELECT GTID_SUBSET(?, @@GLOBAL.gtid_executed) AS reached', [
      goal.gtids,
    ]);
    if (row?.reached === 1) {
      this.#lastMs = performance.now() - goal.since;
      this.#goal = undefined;
    }
    return undefined;
  }
}
