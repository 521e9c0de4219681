import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { describeForLog } from '../activities/index.js';
import type { RouterStats, TargetRouter } from '../router/index.js';
import type { Log } from '../target/index.js';
import { MetricsObserver } from './metrics-observer.js';
import type { Observers } from './observers.js';
import { Pace } from './pace.js';

/** Metrics are asked for every few seconds: one that fails each time would fill the log. */
const QUIET_MS = 60_000;

const OBSERVERS = [
  ['observers', 'Observers that are registered, those of single changes as well'],
  ['failed', 'Events at which an observer threw'],
  ['givenUp', 'Observers that did not come back'],
  ['dropped', 'States that a slow observer was not told'],
] as const;

/** Metrics of the router, the changes and the process; Temporal's own come from its runtime and are put behind them. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #warnings = new Pace(QUIET_MS);

  constructor(
    router: Pick<TargetRouter, 'stats' | 'inventoryHealth'>,
    observers: Observers,
    /** Where Temporal's runtime serves its own. */
    private readonly temporal: string,
    private readonly log: Pick<Log, 'warn'>,
  ) {
    collectDefaultMetrics({ register: this.#registry });
    const registers = [this.#registry];
    for (const [name, value] of Object.entries(router.stats()) as [keyof RouterStats, unknown][]) {
      new Gauge({
        name: `sterna_router_${snake(name)}`,
        help: `Target router: ${name}`,
        labelNames: typeof value === 'number' ? [] : ['code'],
        registers,
        collect() {
          const now = router.stats()[name];
          if (typeof now === 'number') this.set(now);
          else for (const [code, count] of Object.entries(now)) this.set({ code }, count);
        },
      });
    }
    observers.observe(new MetricsObserver(this.#registry));
    for (const [name, help] of OBSERVERS)
      new Gauge({
        name: `sterna_observers${name === 'observers' ? '' : `_${snake(name)}`}`,
        help,
        registers,
        collect() {
          this.set(observers.stats()[name]);
        },
      });
    new Gauge({
      name: 'sterna_inventory_stale',
      help: 'What the inventory says now cannot be read; an earlier state is in force',
      registers,
      async collect() {
        this.set((await router.inventoryHealth()).stale ? 1 : 0);
      },
    });
  }

  /** One that cannot be told is left out, and does not take the others with it. */
  async text(): Promise<string> {
    const names = this.#registry.getMetricsAsArray().map(({ name }) => name);
    const texts = await Promise.all([
      ...names.map((name) => this.#told(name, () => this.#registry.getSingleMetricAsString(name))),
      this.#told('temporal', async () => (await fetch(`http://${this.temporal}/metrics`)).text()),
    ]);
    return texts.map((text) => (text === '' || text.endsWith('\n') ? text : `${text}\n`)).join('');
  }

  async #told(metric: string, read: () => Promise<string>): Promise<string> {
    try {
      return await read();
    } catch (error) {
      if (this.#warnings.isDue(metric))
        this.log.warn({ metric, ...describeForLog(error) }, 'a metric cannot be told and is left out');
      return '';
    }
  }
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** A free port of this host, for Temporal's runtime, which takes an address but tells none. */
export async function freeAddress(): Promise<string> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return `127.0.0.1:${port}`;
}
