/**
 * A data plane inside a process of one's own: Sterna's worker with its router, which the process uses for work of its
 * own as well, so that it rebuilds neither the inventory nor the cache of clients. In a project of your own, import
 * from 'sterna/worker'.
 *
 *   npx tsx examples/embedder.ts config/inventory.yaml
 */
import { createLogger, resolveWorkerOptions, SternaWorker } from '../src/worker/index.js';

const [inventory = 'config/inventory.yaml'] = process.argv.slice(2);
const log = createLogger('info');
const worker = await SternaWorker.create(resolveWorkerOptions({ inventory }, undefined), log);
process.once('SIGTERM', () => worker.shutdown()).once('SIGINT', () => worker.shutdown());

const signal = AbortSignal.timeout(10_000);
const context = {
  signal,
  drain: signal,
  alive: () => undefined,
  confirm: () => Promise.resolve(),
  progress: () => undefined,
  log,
};
await worker.run(() => {
  void (async () => {
    for (const { target, environment } of await worker.router.list(signal)) {
      const found = await worker.router
        .use({ target, environment }, (client) => client.pull({}, context))
        .then(({ schema }) => `${Object.keys(schema).length} namespaces`)
        .catch((error: unknown) => String(error));
      console.log(`${target}: ${found}`);
    }
  })();
});
