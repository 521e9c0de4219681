import { SternaError } from '../../src/contract/index.js';
import type { Session } from '../../src/mysql/index.js';
import { CHUNK_ROWS, DESIRED, LIVE, type Removal } from './change.js';
import { type SimulatedServer, TABLE, Transaction } from './simulated-server.js';

/** Whose session it is. */
export interface Process {
  isKilled(): boolean;
  readonly removal: Removal | undefined;
  onCall(): void;
}

/** A session of the simulated server: one statement after another. */
export class SimulatedSession {
  transactionOpen: Transaction | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #sending = false;
  #gone = false;
  readonly threadId = 1;

  constructor(
    readonly server: SimulatedServer,
    readonly process: Process,
  ) {}

  /** One statement: it arrives, has its effect when nothing is in its way, and is answered. */
  call<T>(effect: (transaction: Transaction | undefined) => T, ready: () => boolean = () => true): Promise<T> {
    const result = this.#turn.then(() => this.#call(effect, ready));
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #call<T>(effect: (transaction: Transaction | undefined) => T, ready: () => boolean): Promise<T> {
    if (this.process.isKilled()) return never();
    this.process.onCall();
    this.#sending = true;
    const { scheduler } = this.server;
    let result: T | undefined;
    let failure: unknown;
    await scheduler.step(
      () => {
        this.#sending = false;
        if (this.#gone) return;
        try {
          result = effect(this.transactionOpen);
        } catch (error) {
          failure = error;
        }
      },
      () => this.#gone || ((this.server.lockedBy === undefined || this.server.lockedBy === this) && ready()),
    );
    if (this.process.isKilled()) return never();
    await scheduler.step(() => undefined);
    if (this.process.isKilled()) return never();
    if (failure !== undefined) throw failure as Error;
    return result as T;
  }

  /** No statement takes as long as that. */
  limited<T>(_: AbortSignal, work: () => Promise<T>): Promise<T> {
    return work();
  }

  async transaction<T>(work: () => Promise<T>): Promise<T> {
    await this.call(() => {
      this.transactionOpen = new Transaction();
      this.server.transactions.add(this.transactionOpen);
    });
    try {
      const result = await work();
      await this.call((transaction) => {
        if (transaction !== undefined) this.server.commit(transaction);
        this.transactionOpen = undefined;
      });
      return result;
    } catch (error) {
      await this.call(() => this.#rollback());
      throw error;
    }
  }

  async execute(sql: string): Promise<{ affectedRows: number; warnings: number }> {
    const verb = /^\w+ \w+/.exec(sql)?.[0] ?? '';
    if (verb === 'LOCK TABLES')
      await this.call(() => {
        if (!this.server.canLock()) throw new SternaError('lock_not_granted', 'not in time');
        this.server.lockedBy = this;
      });
    else if (verb === 'RENAME TABLE') await this.call(() => this.server.rename());
    else if (verb === 'UNLOCK TABLES') await this.call(() => this.#unlock());
    return { affectedRows: 0, warnings: 0 };
  }

  async query(sql: string): Promise<Record<string, unknown>[]> {
    if (sql.includes('max_error_count')) return [{ most: CHUNK_ROWS }];
    const table = /^SHOW CREATE TABLE `d`\.`(.+)`/.exec(sql)?.[1];
    if (table !== undefined) return this.call(() => this.#definition(table));
    return [];
  }

  #definition(table: string): Record<string, unknown>[] {
    const { swapped } = this.server;
    const text =
      table === TABLE
        ? swapped
          ? DESIRED
          : LIVE
        : table.endsWith('_new')
          ? swapped
            ? null
            : DESIRED
          : swapped
            ? LIVE
            : null;
    return text === null ? [] : [{ 'Create Table': text }];
  }

  #rollback(): void {
    if (this.transactionOpen !== undefined) this.server.transactions.delete(this.transactionOpen);
    this.transactionOpen = undefined;
  }

  #unlock(): void {
    if (this.server.lockedBy === this) this.server.lockedBy = undefined;
  }

  /** What was sent may still arrive, or not; then the server notices. */
  processGone(): void {
    this.#gone = this.#sending && this.server.scheduler.choose(2) === 1;
    void this.server.scheduler.step(
      () => {
        this.#gone = true;
        this.#rollback();
        this.#unlock();
      },
      () => this.#gone || !this.#sending,
    );
  }

  close(): Promise<void> {
    this.#rollback();
    this.#unlock();
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}

/** The real type has private parts. */
export function on(session: Session): SimulatedSession {
  return session as unknown as SimulatedSession;
}
