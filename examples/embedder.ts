/**
 * A data plane inside a process of one's own: Sterna's worker over an inventory of one's own, and its router, which
 * the process uses for other work as well, so that it rebuilds no cache of clients.
 *
 *   ORDERS_HOST=127.0.0.1:3306 ORDERS_USER=sterna ORDERS_PASSWORD=… npx tsx examples/embedder.ts orders
 */
import { createHash } from 'node:crypto';
import { SternaError } from 'sterna/contract';
import type { InventoryResolver } from 'sterna/inventory';
import { createLogger, operationContext, resolveWorkerOptions, SternaWorker } from 'sterna/worker';

/** What already knows the databases here: a service, a table, or, as in this example, the environment. */
const inventory: InventoryResolver = {
  resolve({ target, environment = 'development' }) {
    const setting = (name: string): string => process.env[`${target.toUpperCase()}_${name}`] ?? '';
    const [host, port = '3306'] = setting('HOST').split(':');
    if (!host) throw new SternaError('target_unknown', `Expected ${target.toUpperCase()}_HOST, found none.`);
    const server = { host, port: Number(port), user: setting('USER'), tls: { mode: 'preferred' } } as const;
    return Promise.resolve({
      target,
      environment,
      type: 'mysql',
      connection: { ...server, password: () => Promise.resolve(setting('PASSWORD')) },
      labels: {},
      metadata: {},
      requireWriter: true,
      // Of everything that a connection is made with: a new one is opened when it changes.
      connectionHash: createHash('sha256')
        .update(JSON.stringify([server, setting('PASSWORD')]))
        .digest('hex'),
    });
  },
};

const [target = 'orders'] = process.argv.slice(2);
const log = createLogger('info');
const worker = await SternaWorker.create(await resolveWorkerOptions({ inventory }, undefined), log);
process.once('SIGTERM', () => worker.shutdown()).once('SIGINT', () => worker.shutdown());
await worker.run(() => void lookAround());

/** Work of the process itself, with the worker's own client of the target. */
async function lookAround(): Promise<void> {
  try {
    const context = operationContext({ signal: AbortSignal.timeout(10_000), log });
    const { serverVersion, writable } = await worker.router.use({ target }, (client) => client.probe(context));
    console.log(`${target}: MySQL ${serverVersion}, ${writable === true ? 'writable' : 'read-only'}`);
  } catch (error) {
    log.warn({ target }, String(error));
  }
}
