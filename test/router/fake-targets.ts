import type { InventoryResolver, ResolvedTarget, TargetRequest } from '../../src/inventory/index.js';
import { TargetRouter, type TargetRouterOptions } from '../../src/router/index.js';
import type { TargetClient } from '../../src/target/index.js';

/** Stands for a client in the router's eyes: opened, used, closed. */
export class FakeClient {
  users = 0;
  closed = false;
  closedWhileUsed = false;

  constructor(readonly of: ResolvedTarget) {}

  connections(): number {
    return this.closed ? 0 : 1;
  }

  close(): Promise<void> {
    this.closedWhileUsed ||= this.users > 0;
    this.closed = true;
    return Promise.resolve();
  }
}

/** An inventory in which every target exists, and clients that can be counted. */
export class FakeTargets {
  readonly opened: FakeClient[] = [];
  /** Of all connections. */
  hash = 'h1';
  /** What the inventory answers instead. */
  failure: Error | undefined;
  /** Questions to the inventory, in their order. */
  readonly asked: TargetRequest[] = [];
  readonly #routers: TargetRouter[] = [];

  readonly resolver: InventoryResolver = {
    resolve: (request) => {
      this.asked.push(request);
      if (this.failure) return Promise.reject(this.failure);
      const { target, environment = 'test' } = request;
      const password = (): Promise<string> => Promise.resolve('p');
      return Promise.resolve({
        target,
        environment,
        type: 'mysql',
        connection: { host: 'h', port: 1, user: 'u', password, tls: { mode: 'disabled' } },
        labels: {},
        metadata: {},
        requireWriter: false,
        connectionHash: this.hash,
      } satisfies ResolvedTarget);
    },
  };

  get open(): readonly FakeClient[] {
    return this.opened.filter(({ closed }) => !closed);
  }

  /** A new world for it. */
  openRouter(options: Partial<TargetRouterOptions> = {}): TargetRouter {
    this.opened.length = this.asked.length = 0;
    this.hash = 'h1';
    this.failure = undefined;
    const router = new TargetRouter({
      resolver: this.resolver,
      openClient: (resolved) => {
        const client = new FakeClient(resolved);
        this.opened.push(client);
        return Promise.resolve(client as unknown as TargetClient);
      },
      ...options,
    });
    this.#routers.push(router);
    return router;
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.#routers.splice(0).map((router) => router.close()));
  }
}
