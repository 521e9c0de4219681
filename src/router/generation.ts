import type { TargetClient } from '../target/index.js';

/** One client with one connection, and the count of those who use it. */
export class Generation {
  users = 0;
  usedAt = Date.now();
  /** Once it is open. */
  opened: TargetClient | undefined;
  #closed: Promise<void> | undefined;

  constructor(
    readonly key: string,
    readonly connectionHash: string,
    readonly client: Promise<TargetClient>,
  ) {
    client.then(
      (opened) => (this.opened = opened),
      () => undefined, // told to whoever uses it
    );
  }

  /** Open to the server now. */
  get connections(): number {
    return this.opened?.connections() ?? 0;
  }

  hold(): void {
    this.users += 1;
  }

  release(): void {
    this.users -= 1;
    this.usedAt = Date.now();
  }

  /** Once, however often it is called. One that is not open yet has no connection: it is closed when it is, and not waited for. */
  close(): Promise<void> {
    this.#closed ??= this.opened?.close() ?? this.#closeLater();
    return this.#closed;
  }

  #closeLater(): Promise<void> {
    void this.client.then((client) => client.close()).catch(() => undefined); // nobody uses it
    return Promise.resolve();
  }
}
