import type { TargetClient } from '../target/index.js';

/** One client with one connection, and the count of those who use it. */
export class Generation {
  users = 0;
  usedAt = Date.now();
  /** Of an idle one that was retired; awaited by whoever closes the router. */
  closing: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor(
    readonly connectionHash: string,
    readonly client: Promise<TargetClient>,
  ) {}

  hold(): void {
    this.users += 1;
  }

  release(): void {
    this.users -= 1;
    this.usedAt = Date.now();
  }

  /** Once, however often it is called. A client that never opened has nothing to close. */
  close(): Promise<void> {
    this.#closed ??= this.client.then(
      (client) => client.close(),
      () => undefined,
    );
    return this.#closed;
  }
}
