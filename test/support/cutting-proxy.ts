import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { TestServer } from './servers.js';

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/**
 * A way to a MySQL server that breaks: connections are cut, or go silent (nothing is forwarded any more and nothing is
 * closed, as when a firewall forgets them). New connections always pass.
 */
export class CuttingProxy implements AsyncDisposable {
  readonly #pairs = new Set<Pair>();
  /** Silent ones: the server goes on believing in them. */
  readonly #silent = new Set<Pair>();
  cuts = 0;
  silences = 0;

  private constructor(
    private readonly listener: Server,
    /** The server by this way. */
    readonly server: TestServer,
  ) {}

  /** @param host where it listens */
  static async start(target: TestServer, host = '127.0.0.1'): Promise<CuttingProxy> {
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(0, host, resolve));
    const address = listener.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const proxy = new CuttingProxy(listener, { ...target, host, port });
    listener.on('connection', (client) => proxy.#connect(client, target));
    return proxy;
  }

  get connections(): number {
    return this.#pairs.size;
  }

  /** Cuts one of the connections, as `share` (0 to 1) chooses. */
  cut(share: number): void {
    const pair = this.#choose(share);
    if (pair === undefined) return;
    this.cuts += 1;
    pair.client.resetAndDestroy();
    pair.server.resetAndDestroy();
  }

  /** One of the connections goes silent, or all of them. */
  silence(share?: number): void {
    this.#silence(share === undefined ? [...this.#pairs] : [this.#choose(share)]);
  }

  /** The same for those that the server knows by one of these ports. */
  silencePorts(ports: ReadonlySet<number>): void {
    this.#silence([...this.#pairs].filter(({ server }) => ports.has(server.localPort ?? 0)));
  }

  #silence(chosen: readonly (Pair | undefined)[]): void {
    for (const pair of chosen) {
      if (pair === undefined) continue;
      this.silences += 1;
      this.#pairs.delete(pair);
      this.#silent.add(pair);
      pair.client.unpipe(pair.server);
      pair.server.unpipe(pair.client);
      pair.client.resume(); // whatever comes is lost
      pair.server.resume();
    }
  }

  /** Cuts and silences at random moments, `everyMs` apart on average, until it is stopped. */
  async trouble(random: () => number, everyMs: number, stop: AbortSignal): Promise<void> {
    const pause = (): Promise<boolean> => delay(2 * everyMs * random(), true, { signal: stop }).catch(() => false); // told to stop
    while (await pause()) {
      if (random() < 0.6) this.cut(random());
      else this.silence(random());
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { client, server } of [...this.#pairs, ...this.#silent]) {
      client.destroy();
      server.destroy();
    }
    await new Promise((resolve) => this.listener.close(resolve));
  }

  #choose(share: number): Pair | undefined {
    return [...this.#pairs][Math.floor(share * this.#pairs.size)];
  }

  #connect(client: Socket, { host, port }: TestServer): void {
    const pair: Pair = { client, server: createConnection({ host, port }) };
    this.#pairs.add(pair);
    for (const [one, other] of [
      [pair.client, pair.server],
      [pair.server, pair.client],
    ] as const) {
      one.pipe(other);
      one.on('error', () => undefined); // what breaks here is meant to
      one.on('close', () => {
        if (this.#pairs.delete(pair)) other.destroy();
      });
    }
  }
}
