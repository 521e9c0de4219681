import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createReadActivities } from '../src/activities/index.js';
import { loadInventory } from '../src/inventory/index.js';
import { openRouter, type TargetRouter } from '../src/router/index.js';
import { operationContext, type TargetClient } from '../src/target/index.js';
import { ActivityEnvironment } from '../test/activities/activity-environment.js';
import { MysqlProcess } from '../test/support/mysql-process.js';
import { dsn, testServers, type TestServer } from '../test/support/servers.js';
import { SilentServer } from './support/silent-server.js';

/** The target router: a warm use, first uses at once, a large inventory, many targets in turn, many probes. `./dev bench router` */
const { mysqlA, mysqlB } = testServers();
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const nothing = (): void => undefined;
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const context = operationContext({ log });
const folder = await mkdtemp(path.join(tmpdir(), 'sterna-router-'));
const line = (what: string, found: string, goal: string): void => console.log(`| ${what} | ${found} | ${goal} |`);
console.log('| what | found | goal |\n| --- | ---: | ---: |');

await warmUses();
await firstUses();
await largeInventory();
await inTurn();
await probes();
await rm(folder, { recursive: true });

/** Beside a look-up in a map with the same key, which is the least that a router does. */
async function warmUses(): Promise<void> {
  const uses = 200_000;
  await using router = await routerOf({ a: mysqlA });
  const work = (): Promise<void> => Promise.resolve();
  const request = { target: 'a', environment: 'bench', type: 'mysql' } as const;
  const map = new Map([[JSON.stringify(['bench', 'mysql', 'a']), 1]]);
  await router.use(request, work);
  const spent: number[] = [];
  for (const once of [
    () => router.use(request, work),
    () => Promise.resolve(map.get(JSON.stringify([request.environment, request.type, request.target]))),
  ]) {
    for (let n = 0; n < 1_000; n += 1) await once();
    const started = performance.now();
    for (let n = 0; n < uses; n += 1) await once();
    spent.push(((performance.now() - started) * 1_000) / uses);
  }
  const [use = 0, lookUp = 0] = spent;
  line('warm use', `${use.toFixed(2)} µs, ${(use / lookUp).toFixed(1)} x a look-up in a map`, 'under 5 µs');
}

async function firstUses(): Promise<void> {
  await using router = await routerOf({ a: mysqlA });
  const uses = Array.from({ length: 1_000 }, () =>
    router.use({ target: 'a', environment: 'bench' }, (client) => client.probe(context)),
  );
  await Promise.all(uses);
  const { resolutions, misses, connections } = router.stats();
  const found = `${resolutions} resolution, ${misses} client, ${connections} connections`;
  line('1,000 first uses at once', found, '1 resolution, 1 client');
}

async function largeInventory(): Promise<void> {
  const file = await inventoryOf(Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`t${n}`, mysqlA])));
  const memory = (): number => {
    collect();
    return process.memoryUsage().heapUsed / 2 ** 20;
  };
  const before = memory();
  const started = performance.now();
  const inventory = await loadInventory(file, { log });
  const seconds = (performance.now() - started) / 1_000;
  await inventory.resolve({ target: 't9999', environment: 'bench' });
  line(
    '10,000 targets in a file',
    `${seconds.toFixed(2)} s, ${(memory() - before).toFixed(0)} MB`,
    'under 1 s, 100 MB',
  );
}

async function inTurn(): Promise<void> {
  const resources = (): string =>
    ['TCPSocketWrap', 'Timeout']
      .map((kind) => `${process.getActiveResourcesInfo().filter((each) => each === kind).length} ${kind}`)
      .join(', ');
  const before = resources();
  let most = 0;
  const started = performance.now();
  {
    await using router = await routerOf(targets(2_000, [mysqlA, mysqlB]));
    await together(2_000, 50, async (n) => {
      await router.use({ target: `t${n}`, environment: 'bench' }, (client) => client.probe(context));
      const { clients, retiring } = router.stats();
      most = Math.max(most, clients + retiring);
    });
  }
  for (let n = 0; n < 10; n += 1) await turn();
  const seconds = (performance.now() - started) / 1_000;
  line('2,000 targets in turn', `${most} clients at most, ${seconds.toFixed(1)} s`, '200 clients');
  line('… left behind', resources(), before);
}

/** Four servers, one that nobody serves, and one that takes connections and says nothing. */
async function probes(): Promise<void> {
  await using c = await MysqlProcess.start();
  await using d = await MysqlProcess.start();
  await using silent = await SilentServer.listen();
  const { port } = silent;
  const servers = [mysqlA, mysqlB, c.server, d.server];
  const all = targets(1_000, servers);
  for (const [n, target] of Object.keys(all).entries()) {
    if (n % 50 === 0) all[target] = { ...mysqlA, port: 1 };
    if (n % 50 === 25) all[target] = { ...mysqlA, port };
  }
  await using router = await routerOf(all);
  const { probeAll } = createReadActivities({ router, log, drain: new AbortController().signal });
  const delay = monitorEventLoopDelay({ resolution: 5 });
  await router.use({ target: 't1', environment: 'bench' }, (client) => client.probe(context));
  const others: number[] = [];
  const over = new AbortController();
  const other = (async () => {
    while (!over.signal.aborted) {
      const started = performance.now();
      await router.use({ target: 't1', environment: 'bench' }, (client: TargetClient) => client.probe(context));
      others.push(performance.now() - started);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  delay.enable();
  const started = performance.now();
  const { results } = await new ActivityEnvironment().run(probeAll, {});
  const seconds = (performance.now() - started) / 1_000;
  delay.disable();
  over.abort();
  await other;
  const answered = results.filter(({ ok }) => ok).length;
  line('a probe of 1,000', `${seconds.toFixed(1)} s, ${answered} answered`, 'under 10 s');
  const p99 = [...others].sort((a, b) => a - b)[Math.floor(others.length * 0.99)] ?? 0;
  const loop = delay.percentile(99) / 1e6;
  line('… other work meanwhile', `p99 ${p99.toFixed(0)} ms, event loop p99 ${loop.toFixed(0)} ms`, 'goes on');
}

function targets(count: number, servers: readonly TestServer[]): Record<string, TestServer> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`t${n}`, servers[n % servers.length] ?? mysqlA]));
}

async function inventoryOf(all: Readonly<Record<string, TestServer>>): Promise<string> {
  const file = path.join(folder, `${Object.keys(all).length}.yaml`);
  const entries = Object.entries(all).map(
    ([target, server]) =>
      `  ${target}: { environment: bench, dsn: "${dsn(server)}?tls=disabled", labels: { tier: gold }, metadata: { owner: team } }`,
  );
  await writeFile(file, `development: true\ntargets:\n${entries.join('\n')}\n`);
  return file;
}

async function routerOf(all: Readonly<Record<string, TestServer>>): Promise<TargetRouter> {
  return openRouter(await inventoryOf(all), log);
}

async function together(count: number, atOnce: number, work: (n: number) => Promise<void>): Promise<void> {
  const numbers = Array.from({ length: count }, (_, n) => n).values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const n of numbers) await work(n);
    }),
  );
}
