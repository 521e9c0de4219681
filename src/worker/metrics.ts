import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { RouterStats, TargetRouter } from '../router/index.js';
import { MetricsObserver } from './metrics-observer.js';
import type { Observers } from './observers.js';

const OBSERVERS = [
  ['observers', 'Observers that are registered, those of single changes as well'],
  ['failed', 'Events at which an observer threw'],
  ['givenUp', 'Observers that did not come back'],
  ['dropped', 'States that a slow observer was not told'],
] as const;

/** Metrics of the router, the changes and the process; Temporal's own come from its runtime and are put behind them. */
export class Metrics {
  readonly #registry = new Registry();

  constructor(
    router: TargetRouter,
    observers: Observers,
    /** Where Temporal's runtime serves its own. */
    private readonly temporal: string,
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

  async text(): Promise<string> {
    const response = await fetch(`http://${this.temporal}/metrics`);
    return `${await this.#registry.metrics()}${await response.text()}`;
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
