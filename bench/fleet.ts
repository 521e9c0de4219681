import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ensureBuilt } from '../tools/dev/built.js';
import { freePort } from '../tools/dev/ports.js';
import { DEFAULT_LIMITS } from '../src/engine/load.js';
import { copyingChanges } from '../test/support/copy-places.js';
import { TestDataPlane } from '../test/support/data-plane.js';
import { TestNamespace, uniqueName } from '../test/support/namespace.js';
import { fill, PLAIN_TABLE } from '../test/support/online-change.js';
import { dsn, testServers, type TestServer } from '../test/support/servers.js';
import { Load } from './support/load.js';
import { readUsage } from './support/process-usage.js';

/**
 * Many changes at once from one worker, through Temporal: its CPU, memory and event loop, and every acknowledged write.
 * `./dev bench fleet --rows 20000 --writes 10 --changes 10,40`, writes a second to each table; more than ten on two servers
 */
const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '20000' },
    writes: { type: 'string', default: '10' },
    changes: { type: 'string', default: '10,40' },
  },
});
const rows = Number(options.rows);
const rate = Number(options.writes);

ensureBuilt();
const { mysqlA, mysqlB } = testServers();
const header = [
  'changes',
  'servers',
  's',
  'worker CPU s',
  'peak MB',
  'event loop p99 ms',
  'longest ms',
  'most copies at once on a server',
  'writes',
  'wrong',
];
console.log(`${rows} rows a table, ${rate} writes a second to each, volume 11.\n`);
console.log(`| ${header.join(' | ')} |\n| ${header.map(() => '---:').join(' | ')} |`);
/** Looks again and again at how many copies there are on each server. */
class Places {
  #most = 0;
  #over = false;
  readonly #looking: Promise<void>;

  constructor(private readonly spaces: readonly TestNamespace[]) {
    this.#looking = this.#look();
  }

  async most(): Promise<number> {
    this.#over = true;
    await this.#looking;
    return this.#most;
  }

  async #look(): Promise<void> {
    while (!this.#over) {
      for (const space of this.spaces) this.#most = Math.max(this.#most, (await copyingChanges(space)).length);
      await delay(50);
    }
  }
}

/** A namespace with a table for each change. */
class Fleet implements AsyncDisposable {
  readonly spaces: TestNamespace[] = [];

  static async create(servers: readonly TestServer[]): Promise<Fleet> {
    const fleet = new Fleet();
    for (const server of servers) {
      const space = await TestNamespace.create('fleet', server);
      fleet.spaces.push(space);
      await space.query(PLAIN_TABLE);
      await fill(space, 't', rows);
      await space.query('ANALYZE TABLE t');
    }
    return fleet;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.spaces.map((space) => space.drop()));
  }
}

for (const changes of options.changes.split(',').map(Number)) {
  await run(changes, changes > 10 ? [mysqlA, mysqlB] : [mysqlA]);
}

async function run(changes: number, servers: readonly TestServer[]): Promise<void> {
  // Names of this run: a change of one that was broken off still holds its target.
  const label = uniqueName('fleet').slice(-8);
  const target = (n: number): string => `fleet-${label}-${n}`;
  const server = (n: number): TestServer => servers[n % servers.length] ?? mysqlA;
  const numbers = Array.from({ length: changes }, (_, n) => n);
  // A target each: one target has one change at a time.
  const entries = numbers.map((n) => `  ${target(n)}:\n    environment: test\n    dsn: env:FLEET_DSN_${n}\n`);
  await using plane = await TestDataPlane.create('fleet', entries.join(''));
  const port = await freePort();
  Object.assign(plane.env, { STERNA_COPY_SLOTS: String(changes), STERNA_HEALTH_PORT: String(port) });
  for (const n of numbers) plane.env[`FLEET_DSN_${n}`] = dsn(server(n));

  await using fleet = await Fleet.create(numbers.map(server));
  const { spaces } = fleet;
  const worker = await plane.startWorker();
  const loads = await Promise.all(
    spaces.map((space) => Load.start({ server: space.server, namespace: space.name, rate, rows })),
  );
  const before = readUsage(worker.pid);
  await eventLoop(port); // what is told is what was since it was asked last
  const places = new Places(spaces.slice(0, servers.length));
  const started = performance.now();
  await Promise.all(
    spaces.map(async (space, n) => {
      const id = await plane.client.start({
        target: target(n),
        environment: 'test',
        statements: { [space.name]: ['ALTER TABLE t MODIFY k BIGINT NOT NULL DEFAULT 0'] },
        options: { autoApply: true, volume: 11 },
        caller: 'bench',
      });
      await plane.client.result(id);
    }),
  );
  const seconds = (performance.now() - started) / 1_000;
  const most = await places.most();
  const loop = await eventLoop(port);
  const after = readUsage(worker.pid);
  await Promise.all(loads.map((load) => load.stop()));
  let wrong = 0;
  for (const [n, load] of loads.entries()) {
    const space = spaces[n];
    if (space === undefined) throw new Error(`Expected a namespace for load ${n}.`);
    const columns = await space.query<{ type: string }>(
      "SELECT COLUMN_TYPE AS type FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = 't' AND COLUMN_NAME = 'k'",
      [space.name],
    );
    if (columns[0]?.type !== 'bigint')
      throw new Error(`Expected ${space.name}.t to be changed, found ${columns[0]?.type}.`);
    wrong += await load.countWrong(space.connection);
  }
  const cells = [
    changes,
    servers.length,
    seconds.toFixed(1),
    ((after?.cpuSeconds ?? NaN) - (before?.cpuSeconds ?? NaN)).toFixed(1),
    after?.peakMb.toFixed(0),
    loop.p99.toFixed(0),
    loop.longest.toFixed(0),
    most,
    loads.reduce((sum, { acknowledged }) => sum + acknowledged, 0),
    wrong,
  ];
  console.log(`| ${cells.join(' | ')} |`);
  if (most <= DEFAULT_LIMITS.copies) return;
  console.error(`Expected at most ${DEFAULT_LIMITS.copies} copies at once on a server, found ${most}.`);
  process.exitCode = 1;
}

/** Milliseconds between two turns, of a timer of 10 ms, as the worker's own metrics tell. */
async function eventLoop(port: number): Promise<{ p99: number; longest: number }> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const value = (name: string): number =>
    1_000 * Number(new RegExp(`^nodejs_eventloop_lag_${name}_seconds (\\S+)`, 'm').exec(text)?.[1]);
  return { p99: value('p99'), longest: value('max') };
}
