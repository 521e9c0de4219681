import fc from 'fast-check';
import { afterEach, expect, it, vi } from 'vitest';
import { SternaError } from '../../src/contract/index.js';
import type { InventoryResolver, ResolvedTarget } from '../../src/inventory/index.js';
import { TargetRouter, type TargetRouterOptions } from '../../src/router/index.js';
import type { TargetClient } from '../../src/target/index.js';
import { until } from '../support/until.js';

/** Stands for a client in the router's eyes: opened, used, closed. */
class FakeClient {
  users = 0;
  closed = false;
  closedWhileUsed = false;
  close(): Promise<void> {
    this.closedWhileUsed ||= this.users > 0;
    this.closed = true;
    return Promise.resolve();
  }
}

const opened: FakeClient[] = [];
let hash = 'h1';
let failure: Error | undefined;
const routers: TargetRouter[] = [];
const resolver: InventoryResolver = {
  resolve: ({ target, environment = 'test' }) =>
    failure
      ? Promise.reject(failure)
      : Promise.resolve({
          target,
          environment,
          type: 'mysql',
          connection: {
            host: 'h',
            port: 1,
            user: 'u',
            password: () => Promise.resolve('p'),
            tls: { mode: 'disabled' },
          },
          labels: {},
          metadata: {},
          requireWriter: false,
          connectionHash: hash,
        } satisfies ResolvedTarget),
};

function openRouter(options: Partial<TargetRouterOptions> = {}): TargetRouter {
  opened.length = 0;
  hash = 'h1';
  failure = undefined;
  const router = new TargetRouter({
    resolver,
    openClient: () => {
      const client = new FakeClient();
      opened.push(client);
      return Promise.resolve(client as unknown as TargetClient);
    },
    ...options,
  });
  routers.push(router);
  return router;
}

afterEach(async () => {
  await Promise.all(routers.splice(0).map((router) => router.close()));
});

const request = { target: 'a', environment: 'test' } as const;

it('opens one client for a hundred concurrent first uses (K1)', async () => {
  const router = openRouter();
  await Promise.all(Array.from({ length: 100 }, () => router.use(request, () => Promise.resolve())));
  expect(opened.length).toBe(1);
  expect(router.stats()).toMatchObject({ clients: 1, misses: 1, hits: 99, inUse: 0 });
});

it('keeps a client for each environment of a target (K1)', async () => {
  const router = openRouter();
  const used: TargetClient[] = [];
  for (const environment of ['test', 'production', 'test'])
    await router.use({ target: 'a', environment }, (client) => Promise.resolve(void used.push(client)));
  expect(used.map((client) => opened.indexOf(client as unknown as FakeClient))).toEqual([0, 1, 0]);
});

it('makes a new generation of a changed connection and closes the old one with its last user (K2)', async () => {
  const router = openRouter();
  let release = (): void => undefined;
  const long = router.use(request, () => new Promise<void>((resolve) => (release = resolve)));
  await until('it is in use', () => router.stats().inUse === 1, { intervalMs: 1 });
  hash = 'h2';
  await router.use(request, () => Promise.resolve());
  expect(opened.map((client) => client.closed)).toEqual([false, false]);
  expect(router.stats()).toMatchObject({ clients: 1, retiring: 1 });
  release();
  await long;
  expect(opened.map((client) => client.closed)).toEqual([true, false]);
  expect(router.stats().retiring).toBe(0);
});

it('remembers no failure, of resolving or of opening (K3)', async () => {
  let broken = true;
  const router = openRouter({
    openClient: () => {
      if (broken) return Promise.reject(new SternaError('server_unreachable', 'away'));
      const client = new FakeClient();
      opened.push(client);
      return Promise.resolve(client as unknown as TargetClient);
    },
  });
  await expect(router.use(request, () => Promise.resolve())).rejects.toMatchObject({ code: 'server_unreachable' });
  broken = false;
  failure = new SternaError('inventory_unavailable', 'away');
  await expect(router.use(request, () => Promise.resolve())).rejects.toMatchObject({ code: 'inventory_unavailable' });
  failure = undefined;
  await router.use(request, () => Promise.resolve());
  expect(router.stats()).toMatchObject({ clients: 1, failures: { server_unreachable: 1, inventory_unavailable: 1 } });
});

it('closes every generation, after its users, and takes no new work (K4)', async () => {
  const router = openRouter();
  let release = (): void => undefined;
  const long = router.use(request, () => new Promise<void>((resolve) => (release = resolve)));
  await until('it is in use', () => router.stats().inUse === 1, { intervalMs: 1 });
  const closing = router.close();
  await expect(router.use(request, () => Promise.resolve())).rejects.toMatchObject({ code: 'router_closed' });
  expect(opened[0]?.closed).toBe(false);
  release();
  await Promise.all([long, closing]);
  expect(opened.every((client) => client.closed)).toBe(true);
});

it('closes a generation that is on its way out as well, after its users (K4)', async () => {
  const router = openRouter();
  let release = (): void => undefined;
  const long = router.use(request, () => new Promise<void>((resolve) => (release = resolve)));
  await until('it is in use', () => router.stats().inUse === 1, { intervalMs: 1 });
  hash = 'h2';
  await router.use(request, () => Promise.resolve());
  const closing = router.close();
  expect(opened.map((client) => client.closed)).toEqual([false, false]);
  release();
  await Promise.all([long, closing]);
  expect(opened.map((client) => client.closed)).toEqual([true, true]);
});

it('opens nothing for a use that was still resolving when it closed (K4)', async () => {
  let resolved = (): void => undefined;
  const slow: InventoryResolver = {
    resolve: async (asked) => {
      await new Promise<void>((resolve) => (resolved = resolve));
      return resolver.resolve(asked);
    },
  };
  const router = openRouter({ resolver: slow });
  const use = router.use(request, () => Promise.resolve());
  const closing = router.close();
  resolved();
  await expect(use).rejects.toMatchObject({ code: 'router_closed' });
  await closing;
  expect(opened).toEqual([]);
});

it('leaves no timer, so that a process ends once it is closed, or never was (K4)', async () => {
  const timers = (): string[] => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout');
  const before = timers().length;
  const router = openRouter({ idleMs: 40 });
  expect(timers()).toHaveLength(before);
  await router.use(request, () => Promise.resolve());
  await router.close();
  expect(timers()).toHaveLength(before);
});

it('ends its own timer with itself (K4)', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    const router = openRouter();
    expect(vi.getTimerCount()).toBe(1);
    await router.close();
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

it('keeps a client in use the current one, however long the use is (K1)', async () => {
  const router = openRouter({ idleMs: 20 });
  let release = (): void => undefined;
  const long = router.use(request, () => new Promise<void>((resolve) => (release = resolve)));
  const since = performance.now();
  await until('it would be idle', () => performance.now() - since > 80, { intervalMs: 5 });
  expect(router.stats()).toMatchObject({ clients: 1, retiring: 0 });
  release();
  await long;
});

it('closes a client that nobody has used for a while', async () => {
  const router = openRouter({ idleMs: 20 });
  await router.use(request, () => Promise.resolve());
  await until('it is closed', () => opened[0]?.closed === true, { intervalMs: 5 });
  expect(router.stats().clients).toBe(0);
});

it('never closes a client in use, whatever rotates meanwhile (K2)', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ rotate: fc.boolean(), ticks: fc.integer({ min: 0, max: 4 }) }), { maxLength: 30 }),
      async (steps) => {
        const router = openRouter();
        const uses = steps.map(async ({ rotate, ticks }, i) => {
          if (rotate) hash = `h${i}`;
          await router.use(request, async (client) => {
            const fake = client as unknown as FakeClient;
            fake.users += 1;
            for (let n = 0; n < ticks; n += 1) await Promise.resolve();
            expect(fake.closed).toBe(false);
            fake.users -= 1;
          });
        });
        await Promise.all(uses);
        await router.close();
        expect(opened.every((client) => client.closed && !client.closedWhileUsed)).toBe(true);
      },
    ),
    { numRuns: 200 },
  );
});
