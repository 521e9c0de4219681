import path from 'node:path';
import { SEARCH_ATTRIBUTES } from '../../src/contract/names.js';
import { lastDaemon, runningDaemon, startDaemon, untilReady } from './daemon.js';
import { DEV } from './paths.js';
import { freePort } from './ports.js';
import { capture } from './run.js';
import { step } from './step.js';
import { temporalCli } from './temporal-cli.js';

export const TEMPORAL = 'temporal';

export interface DevTemporal {
  readonly address: string;
  readonly ui: string;
}

/** A Temporal server with its UI and our search attributes; its state is kept in a file. */
export async function upTemporal(): Promise<DevTemporal> {
  const cli = await temporalCli();
  const daemon = runningDaemon(TEMPORAL) ?? (await start(cli));
  const { frontend = 0, ui = 0 } = daemon.ports;
  const address = `127.0.0.1:${frontend}`;
  await untilReady(daemon, () => isServing(cli, address));
  return { address, ui: `http://127.0.0.1:${ui}` };
}

function start(cli: string): ReturnType<typeof startDaemon> {
  return step('Temporal server', async () => {
    const before = lastDaemon(TEMPORAL)?.ports;
    const ports = {
      frontend: await freePort(before?.['frontend'] ?? 7233),
      ui: await freePort(before?.['ui'] ?? 8233),
    };
    const attributes = Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, type]) => [
      '--search-attribute',
      `${name}=${type}`,
    ]);
    const command = [
      ...[cli, 'server', 'start-dev', '--ip', '127.0.0.1', '--log-level', 'error'],
      ...['--port', `${ports.frontend}`, '--ui-port', `${ports.ui}`, '--db-filename', path.join(DEV, 'temporal.db')],
      ...attributes,
    ];
    const daemon = await startDaemon(TEMPORAL, command, ports);
    await untilReady(daemon, () => isServing(cli, `127.0.0.1:${ports.frontend}`));
    return daemon;
  });
}

async function isServing(cli: string, address: string): Promise<boolean> {
  const health = await capture(cli, ['operator', 'cluster', 'health', '--address', address], { timeoutMs: 10_000 });
  return health.output.includes('SERVING') && !health.output.includes('NOT_SERVING');
}
