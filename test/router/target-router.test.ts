import fc from 'fast-check';
import { afterEach, expect, it, vi } from 'vitest';
import { SternaError } from '../../src/contract/index.js';
import type { InventoryResolver } from '../../src/inventory/index.js';
import type { TargetClient } from '../../src/target/index.js';
import { until } from '../support/until.js';
import { FakeClient, FakeTargets } from './fake-targets.js';

const fakes = new FakeTargets();
afterEach(() => fakes.closeAll());

const request = { target: 'a', environment: 'test' } as const;

it('opens one client for a hundred concurrent first uses (K1)', async () => {
  const router = fakes.openRouter();
  await Promise.all(Array.from({ length: 100 }, () => router.use(request, () => Promise.resolve())));
  expect(fakes.opened.length).toBe(1);
  expect(router.stats()).toMatchObject({ clients: 1, misses: 1, hits: 99, inUse: 0 });
});

it('keeps a client for each environment of a target (K1)', async () => {
  const router = fakes.openRouter();
  const used: TargetClient[] = [];
  for (const environment of ['test', 'production', 'test'])
    await router.use({ target: 'a', environment }, (client) => Promise.resolve(void used.push(client)));
  expect(used.map((client) => fakes.opened.indexOf(client as unknown as FakeClient))).toEqual([0, 1, 0]);
});

it('makes a new generation of a changed connection and closes the old one with its last user (K2)', async () => {
  const router = fakes.openRouter();
  let release = (): void => undefined;
  const long = router.use(request, () => new Promise<void>((resolve) => (release = resolve)));
  await until('it is in use', () => router.stats().inUse === 1, { intervalMs: 1 });
  fakes.hash = 'h2';
  await router.use(request, () => Promise.resolve());
  expect(fakes.opened.map((client) => client.closed)).toEqual([false, false]);
  expect(router.stats()).toMatchObject({ clients: 1, retiring: 1 });
  release();
  await long;
  expect(fakes.opened.map((client) => client.closed)).toEqual([true, false]);
  expect(router.stats().retiring).toBe(0);
});

it('remembers no failure, of resolving or of opening (K3)', async () => {
  let broken = true;
  const router = fakes.openRouter({
    openClient: (resolved) => {
      if (broken) return Promise.reject(new SternaError('server_unreachable', 'away'));
      const client = new FakeClient(resolved);
      fakes.opened.push(client);
      return Promise.resolve(client as unknown as TargetClient);
    },
  });
  await expect(router.use(request, () => Promise.resolve())).rejects.toMatchObject({ code: 'server_unreachable' });
  broken = false;
  fakes.failure = new SternaError('inventory_unavailable', 'away');
  await expect(router.use(request, () => Promise.resolve())).rejects.toMatchObject({ code: 'inventory_unavailable' });
  fakes.failure = undefined;
  await router.use(request, () => Promise.resolve());
  expect(router.stats()).toMatchObject({ clients: 1, failures: { server_unreachable: 1, inventory_unavailable: 1 } });
});

it('closes every generation, after its users, and takes no new work (K4)', async () => {
  const router = fakes.openRouter();
  let release = (): void => undefined;
  const long = router.use(request, () => new Promise<void>((resolve) => (release = resolve)));
  await until('it is in use', () => router.stats().inUse === 1, { intervalMs: 1 });
  const closing = router.close();
  await expect(router.use(request, () => Promise.resolve())).rejects.toMatchObject({ code: 'router_closed' });
  expect(fakes.opened[0]?.closed).toBe(false);
  release();
  await Promise.all([long, closing]);
  expect(fakes.opened.every((client) => client.closed)).toBe(true);
});

it('closes a generation that is on its way out as well, after its users (K4)', async () => {
  const router = fakes.openRouter();
  let release = (): void => undefined;
  const long = router.use(request, () => new Promise<void>((resolve) => (release = resolve)));
  await until('it is in use', () => router.stats().inUse === 1, { intervalMs: 1 });
  fakes.hash = 'h2';
  await router.use(request, () => Promise.resolve());
  const closing = router.close();
  expect(fakes.opened.map((client) => client.closed)).toEqual([false, false]);
  release();
  await Promise.all([long, closing]);
  expect(fakes.opened.map((client) => client.closed)).toEqual([true, true]);
});

it('opens nothing for a use that was still resolving when it closed (K4)', async () => {
  let resolved = (): void => undefined;
  const slow: InventoryResolver = {
    resolve: async (asked) => {
      await new Promise<void>((resolve) => (resolved = resolve));
      return fakes.resolver.resolve(asked);
    },
  };
  const router = fakes.openRouter({ resolver: slow });
  const use = router.use(request, () => Promise.resolve());
  const closing = router.close();
  resolved();
  await expect(use).rejects.toMatchObject({ code: 'router_closed' });
  await closing;
  expect(fakes.opened).toEqual([]);
});

it('leaves no timer, so that a process ends once it is closed, or never was (K4)', async () => {
  const timers = (): string[] => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout');
  const before = timers().length;
  const router = fakes.openRouter({ idleMs: 40 });
  expect(timers()).toHaveLength(before);
  await router.use(request, () => Promise.resolve());
  await router.close();
  expect(timers()).toHaveLength(before);
});

it('ends its own timer with itself (K4)', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    const router = fakes.openRouter();
    expect(vi.getTimerCount()).toBe(1);
    await router.close();
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

it('keeps a client in use the current one, however long the use is (K1)', async () => {
  const router = fakes.openRouter({ idleMs: 20 });
  let release = (): void => undefined;
  const long = router.use(request, () => new Promise<void>((resolve) => (release = resolve)));
  const since = performance.now();
  await until('it would be idle', () => performance.now() - since > 80, { intervalMs: 5 });
  expect(router.stats()).toMatchObject({ clients: 1, retiring: 0 });
  release();
  await long;
});

it('closes a client that nobody has used for a while', async () => {
  const router = fakes.openRouter({ idleMs: 20 });
  await router.use(request, () => Promise.resolve());
  await until('it is closed', () => fakes.opened[0]?.closed === true, { intervalMs: 5 });
  expect(router.stats().clients).toBe(0);
});

it('never closes a client in use, whatever rotates meanwhile (K2)', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ rotate: fc.boolean(), ticks: fc.integer({ min: 0, max: 4 }) }), { maxLength: 30 }),
      async (steps) => {
        const router = fakes.openRouter();
        const uses = steps.map(async ({ rotate, ticks }, i) => {
          if (rotate) fakes.hash = `h${i}`;
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
        expect(fakes.opened.every((client) => client.closed && !client.closedWhileUsed)).toBe(true);
      },
    ),
    { numRuns: 200 },
  );
});
