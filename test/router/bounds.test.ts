import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { SternaError } from '../../src/contract/index.js';
import type { InventoryResolver } from '../../src/inventory/index.js';
import type { TargetRouter } from '../../src/router/index.js';
import { Resolutions } from '../../src/router/resolutions.js';
import type { TargetClient } from '../../src/target/index.js';
import { until } from '../support/until.js';
import { FakeClient, FakeTargets } from './fake-targets.js';

const fakes = new FakeTargets();
afterEach(() => fakes.closeAll());

const to = (target: string): { target: string; environment: string } => ({ target, environment: 'test' });
const atOnce = (): Promise<void> => Promise.resolve();

/** A use that lasts until `end`. */
class Use {
  end = (): void => undefined;
  readonly over: Promise<void>;
  begun = false;

  constructor(router: TargetRouter, target: string, order: string[] = []) {
    this.over = router.use(to(target), () => {
      this.begun = true;
      order.push(target);
      return new Promise((resolve) => (this.end = resolve));
    });
  }
}

describe('the inventory', () => {
  it('is asked once by a thousand concurrent first uses (K1)', async () => {
    const router = fakes.openRouter();
    await Promise.all(Array.from({ length: 1_000 }, () => router.use(to('a'), atOnce)));
    expect([fakes.asked.length, fakes.opened.length]).toEqual([1, 1]);
    expect(router.stats().resolutions).toBe(1);
  });

  it('is asked again when its answer is not fresh any more, and then a change counts (K2)', async () => {
    const router = fakes.openRouter({ resolver: { ...fakes.resolver, freshMs: 50 } });
    await router.use(to('a'), atOnce);
    await router.use(to('a'), atOnce);
    expect(fakes.asked).toHaveLength(1);
    fakes.hash = 'h2';
    const use = async (): Promise<boolean> => {
      await router.use(to('a'), atOnce);
      return fakes.opened.length === 2;
    };
    await until('the changed connection is used', use, { intervalMs: 5 });
    expect(fakes.open).toHaveLength(1);
  });

  it('that fails is asked at every use, however fresh its answers are (K3)', async () => {
    const router = fakes.openRouter({ resolver: { ...fakes.resolver, freshMs: 60_000 } });
    fakes.failure = new SternaError('inventory_unavailable', 'away');
    for (let n = 0; n < 3; n += 1)
      await expect(router.use(to('a'), atOnce)).rejects.toMatchObject({ code: 'inventory_unavailable' });
    fakes.failure = undefined;
    await router.use(to('a'), atOnce);
    expect(fakes.asked).toHaveLength(4);
  });

  it('is asked with the environment and the type: fresh answers of others are not taken (K1)', async () => {
    const router = fakes.openRouter({ resolver: { ...fakes.resolver, freshMs: 60_000 } });
    const environments: string[] = [];
    for (const environment of ['test', 'production'])
      await router.use({ target: 'a', environment }, (client) => {
        environments.push((client as unknown as FakeClient).of.environment);
        return Promise.resolve();
      });
    expect(environments).toEqual(['test', 'production']);
  });
});

describe('more targets than clients', () => {
  it('close the one that was idle for longest', async () => {
    const router = fakes.openRouter({ maxClients: 2 });
    for (const target of ['a', 'b', 'a', 'c']) await router.use(to(target), atOnce);
    expect(fakes.open.map(({ of }) => of.target).sort()).toEqual(['a', 'c']);
    expect(router.stats()).toMatchObject({ clients: 2, retiring: 0, evictions: 1 });
  });

  it('wait when all are in use, visibly, in the order in which they came', async () => {
    const router = fakes.openRouter({ maxClients: 2 });
    const order: string[] = [];
    const uses = ['a', 'b', 'c', 'd', 'e'].map((target) => new Use(router, target, order));
    await until('three wait', () => router.stats().waiting === 3, { intervalMs: 1 });
    expect(order).toEqual(['a', 'b']);
    for (const use of uses) {
      await until('it has begun', () => use.begun, { intervalMs: 1 });
      use.end();
    }
    await Promise.all(uses.map(({ over }) => over));
    expect(order).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(router.stats()).toMatchObject({ waiting: 0, inUse: 0 });
  });

  it('are let in before whoever comes while they are being let in', async () => {
    for (let ticks = 0; ticks < 20; ticks += 1) {
      const router = fakes.openRouter({ maxClients: 1 });
      const order: string[] = [];
      const [first, waits] = [new Use(router, 'a', order), new Use(router, 'b', order)];
      await until('one waits', () => router.stats().waiting === 1, { intervalMs: 1 });
      first.end();
      for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
      const late = new Use(router, 'c', order);
      for (const use of [waits, late]) {
        await until('it has begun', () => use.begun, { intervalMs: 1, timeoutMs: 2_000 });
        use.end();
      }
      await Promise.all([first.over, waits.over, late.over]);
      expect(order).toEqual(['a', 'b', 'c']);
    }
  });

  it('are not waited for by a target that has its client', async () => {
    const router = fakes.openRouter({ maxClients: 1 });
    const [first, waits] = [new Use(router, 'a'), new Use(router, 'b')];
    await until('one waits', () => router.stats().waiting === 1, { intervalMs: 1 });
    await router.use(to('a'), atOnce);
    first.end();
    await until('it has begun', () => waits.begun, { intervalMs: 1 });
    waits.end();
    await Promise.all([first.over, waits.over]);
  });

  it('are refused when the router closes, and open nothing (K4)', async () => {
    const router = fakes.openRouter({ maxClients: 1 });
    const [first, waits] = [new Use(router, 'a'), new Use(router, 'b')];
    await until('one waits', () => router.stats().waiting === 1, { intervalMs: 1 });
    const closing = router.close();
    await expect(waits.over).rejects.toMatchObject({ code: 'router_closed' });
    first.end();
    await Promise.all([first.over, closing]);
    expect(fakes.opened).toHaveLength(1);
  });

  it('go on after a client that could not be opened, or does not close in order', async () => {
    let broken = true;
    const router = fakes.openRouter({
      maxClients: 1,
      openClient: (resolved) => {
        if (resolved.target === 'a' && broken) return Promise.reject(new SternaError('secret_missing', 'away'));
        const client = new FakeClient(resolved);
        if (resolved.target === 'a') client.close = () => Promise.reject(new Error('did not close'));
        return Promise.resolve(client as unknown as TargetClient);
      },
    });
    const failed = router.use(to('a'), atOnce);
    const waits = router.use(to('b'), atOnce);
    await expect(failed).rejects.toMatchObject({ code: 'secret_missing' });
    await waits;
    broken = false;
    await router.use(to('a'), atOnce);
    await router.use(to('c'), atOnce);
    expect(router.stats()).toMatchObject({ clients: 1, retiring: 0, failures: { internal: 1 } });
  });

  it('never exceed the bound, and all of them come to their end, whatever changes meanwhile (K2)', async () => {
    const step = fc.record({
      target: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      ticks: fc.integer({ min: 0, max: 6 }),
      rotates: fc.boolean(),
      fails: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 3 }), async (steps, maxClients) => {
        const router = fakes.openRouter({ maxClients });
        const uses = steps.map(async ({ target, ticks, rotates, fails }, i) => {
          for (let n = 0; n < i % 3; n += 1) await Promise.resolve();
          if (rotates) fakes.hash = `h${i}`;
          await router
            .use(to(target), async (client) => {
              const fake = client as unknown as FakeClient;
              fake.users += 1;
              expect(fakes.open.length).toBeLessThanOrEqual(maxClients);
              for (let n = 0; n < ticks; n += 1) await Promise.resolve();
              expect([fake.closed, fake.of.target]).toEqual([false, target]);
              fake.users -= 1;
              if (fails) throw new SternaError('sql_error', 'failed');
            })
            .catch((error: unknown) => {
              if (!fails || !(error instanceof SternaError)) throw error;
            });
        });
        await Promise.all(uses);
        expect(router.stats()).toMatchObject({ waiting: 0, inUse: 0 });
        await router.close();
        expect(fakes.open).toEqual([]);
        expect(fakes.opened.some(({ closedWhileUsed }) => closedWhileUsed)).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a read', () => {
  const refusedOnce = (works: string[]) => (client: TargetClient) => {
    const { of } = client as unknown as FakeClient;
    works.push(of.connectionHash);
    fakes.hash = 'h2'; // rotated meanwhile
    return of.connectionHash === 'h1'
      ? Promise.reject(new SternaError('access_denied', 'refused'))
      : Promise.resolve('done');
  };

  it('that the server refuses is done again, once, with what the inventory says by now', async () => {
    const router = fakes.openRouter({ resolver: { ...fakes.resolver, freshMs: 60_000 } });
    const works: string[] = [];
    expect(await router.read(to('a'), refusedOnce(works))).toBe('done');
    expect(works).toEqual(['h1', 'h2']);
    expect(fakes.open.map(({ of }) => of.connectionHash)).toEqual(['h2']);
  });

  it.each([
    ['the inventory says the same', 'access_denied', 1],
    ['the reason is another one', 'sql_error', 1],
  ] as const)('is not when %s', async (_, code, times) => {
    const router = fakes.openRouter();
    let done = 0;
    const work = (): Promise<void> => {
      done += 1;
      if (code === 'sql_error') fakes.hash = 'h2';
      return Promise.reject(new SternaError(code, 'refused'));
    };
    await expect(router.read(to('a'), work)).rejects.toMatchObject({ code });
    expect(done).toBe(times);
    expect(router.stats().inUse).toBe(0);
  });

  it('alone is: a step that may have written is never done again by the router', async () => {
    const router = fakes.openRouter();
    const works: string[] = [];
    await expect(router.use(to('a'), refusedOnce(works))).rejects.toMatchObject({ code: 'access_denied' });
    expect(works).toEqual(['h1']);
  });
});

describe('a use that waits', () => {
  it('for room leaves when it is not wanted any more, says that it waits, and lets the next one in', async () => {
    const router = fakes.openRouter({ maxClients: 1 });
    const first = new Use(router, 'a');
    const cancel = new AbortController();
    let told = 0;
    const leaves = router.use(to('b'), atOnce, { signal: cancel.signal, onWait: () => (told += 1) });
    const next = new Use(router, 'c');
    await until('two wait', () => router.stats().waiting === 2, { intervalMs: 1 });
    cancel.abort(new Error('cancelled'));
    await expect(leaves).rejects.toThrow('cancelled');
    expect([told, router.stats().waiting]).toEqual([1, 1]);
    first.end();
    await until('the next one has begun', () => next.begun, { intervalMs: 1 });
    next.end();
    await Promise.all([first.over, next.over]);
  });

  it('and leaves at the moment in which it is let in passes its room on', async () => {
    for (let ticks = 0; ticks < 20; ticks += 1) {
      const router = fakes.openRouter({ maxClients: 1 });
      const first = new Use(router, 'a');
      const cancel = new AbortController();
      const leaves = router.use(to('b'), atOnce, { signal: cancel.signal }).catch(() => undefined);
      const next = new Use(router, 'c');
      await until('two wait', () => router.stats().waiting === 2, { intervalMs: 1 });
      first.end();
      for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
      cancel.abort();
      await until('the next one has begun', () => next.begun, { intervalMs: 1, timeoutMs: 2_000 });
      next.end();
      await Promise.all([first.over, leaves, next.over]);
    }
  });

  it.each(['finds its target', 'has its client opened'])('while the router %s leaves as well', async (what) => {
    const never = new Promise<never>(() => undefined);
    const router = fakes.openRouter(
      what === 'finds its target' ? { resolver: { resolve: () => never } } : { openClient: () => never },
    );
    const cancel = new AbortController();
    const leaves = router.use(to('a'), atOnce, { signal: cancel.signal });
    const stays = router.use(to('a'), atOnce);
    await Promise.resolve();
    cancel.abort(new Error('cancelled'));
    await expect(leaves).rejects.toThrow('cancelled');
    expect(router.stats().inUse).toBe(what === 'finds its target' ? 0 : 1);
    const closing = router.close();
    await expect(stays).rejects.toMatchObject({ code: 'router_closed' });
    await closing;
  });

  it('for nothing is one that is urgent, however many clients are in use (C1)', async () => {
    const router = fakes.openRouter({ maxClients: 1 });
    const [first, waits] = [new Use(router, 'a'), new Use(router, 'b')];
    await until('one waits', () => router.stats().waiting === 1, { intervalMs: 1 });
    await router.use(to('c'), atOnce, { urgent: true });
    expect(waits.begun).toBe(false);
    first.end();
    await until('it has begun', () => waits.begun, { intervalMs: 1 });
    waits.end();
    await Promise.all([first.over, waits.over]);
    expect(router.stats().clients).toBe(1);
  });
});

it('counts targets that work does not reach, and no other failure of work', async () => {
  const router = fakes.openRouter();
  for (const code of ['access_denied', 'server_unreachable', 'server_unreachable', 'sql_error'] as const)
    await router.use(to('a'), () => Promise.reject(new SternaError(code, 'failed'))).catch(() => undefined);
  expect(router.stats().failures).toEqual({ access_denied: 1, server_unreachable: 2 });
});

it('waits for users for its grace, and then closes the clients under those that are left (K4)', async () => {
  const router = fakes.openRouter({ graceMs: 200 });
  const stays = new Use(router, 'a');
  await until('it has begun', () => stays.begun, { intervalMs: 1 });
  const began = performance.now();
  await router.close();
  expect(performance.now() - began).toBeGreaterThanOrEqual(199);
  expect(fakes.opened.map(({ closed }) => closed)).toEqual([true]);
  stays.end();
  await stays.over;
});

it('a resolver that never answers is given up on, and asked anew by whoever comes next (R5, K3)', async () => {
  const asked: (AbortSignal | undefined)[] = [];
  const resolve: InventoryResolver['resolve'] = (_, signal) => {
    asked.push(signal);
    return new Promise(() => undefined);
  };
  const resolutions = new Resolutions({ resolve }, undefined, 20);
  for (let n = 1; n <= 2; n += 1) {
    await expect(resolutions.of(to('a'))).rejects.toMatchObject({ code: 'inventory_unavailable' });
    expect(asked.map((signal) => signal?.aborted)).toEqual(Array.from({ length: n }, () => true));
  }
});
