import type { Session } from '../mysql/index.js';

interface Waiting {
  readonly resolve: (session: Session) => void;
  readonly reject: (error: unknown) => void;
}

/** A few sessions, opened when they are needed, each for one use at a time. */
export class SessionPool {
  readonly #opened: Session[] = [];
  readonly #free: Session[] = [];
  readonly #waiting: Waiting[] = [];
  /** Open, or being opened. */
  #places = 0;

  constructor(
    private readonly connect: () => Promise<Session>,
    readonly size: number,
  ) {}

  /** Of all that were opened, also when they have gone. */
  get threadIds(): number[] {
    return this.#opened.map(({ threadId }) => threadId);
  }

  async take(): Promise<Session> {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#places === this.size)
      return new Promise((resolve, reject) => void this.#waiting.push({ resolve, reject }));
    this.#places += 1;
    try {
      const session = await this.connect();
      this.#opened.push(session);
      return session;
    } catch (error) {
      this.#places -= 1;
      // There may be no other session that comes back to them.
      for (const { reject } of this.#waiting.splice(0)) reject(error);
      throw error;
    }
  }

  give(session: Session): void {
    const next = this.#waiting.shift();
    if (next) next.resolve(session);
    else this.#free.push(session);
  }

  /** Nobody uses one any more. */
  async close(): Promise<void> {
    await Promise.all(this.#opened.map((session) => session.close()));
  }
}
