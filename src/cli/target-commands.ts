import type { Command } from 'commander';
import type { ProbeResult } from '../contract/index.js';
import { table } from './control-commands.js';
import { inventoryFile } from './inventory-file.js';
import { writePulled } from './pulled-files.js';
import type { Run, RunWithClient } from './run.js';

/** `pull`, `undrop`, `targets` and `worker`. */
export function addTargetCommands(program: Command, run: Run, runWithClient: RunWithClient): void {
  program
    .command('pull')
    .description('write the live schema to DIR/<namespace>/<table>.sql')
    .requiredOption('-t, --target <key>', 'target of the inventory')
    .requiredOption('-e, --environment <name>', 'environment of the target')
    .option('-n, --namespace <name...>', 'only these MySQL schemas')
    .requiredOption('-o, --output <dir>', 'folder to write to')
    .addHelpText('after', '\nExample:\n  sterna pull -t orders-prod -e production -n shop -o schema/')
    .action((flags: { target: string; environment: string; namespace?: string[]; output: string }) =>
      runWithClient(async (client, output) => {
        const { schema } = await client.pull({
          target: flags.target,
          environment: flags.environment,
          ...(flags.namespace === undefined ? {} : { namespaces: flags.namespace }),
        });
        const files = await writePulled(flags.output, schema);
        output.result({ files }, files.length === 0 ? 'no tables' : files.join('\n'));
        return 0;
      }),
    );

  program
    .command('undrop')
    .argument('<table>', 'its name before it was dropped')
    .description('bring back a table that a change has dropped, within seven days')
    .requiredOption('-t, --target <key>', 'target of the inventory')
    .requiredOption('-e, --environment <name>', 'environment of the target')
    .requiredOption('-n, --namespace <name>', 'MySQL schema of the table')
    .addHelpText('after', '\nExample:\n  sterna undrop -t orders-prod -e production -n shop orders')
    .action(
      (name: string, { target, environment, namespace }: Record<'target' | 'environment' | 'namespace', string>) =>
        runWithClient(async (client, output) => {
          const restored = await client.undrop({ target, environment, namespace, table: name });
          output.result(restored, `${namespace}.${name}  restored from ${restored.restoredFrom}`);
          return 0;
        }),
    );

  program
    .command('targets')
    .description('targets of the inventory')
    .option('--probe', 'connect to each, through a worker')
    .option('--inventory <file>', 'inventory file (default: STERNA_INVENTORY)')
    .addHelpText('after', '\nExample:\n  sterna targets --probe')
    .action((flags: { probe?: boolean; inventory?: string }) =>
      flags.probe === true
        ? runWithClient(async (client, output) => {
            const { results } = await client.probe();
            output.result(
              { targets: results },
              await table(['target', 'environment', 'answer', 'version', 'writable', 'ms'], results.map(probeRow)),
            );
            return results.every((result) => result.ok) ? 0 : 5;
          })
        : run(async (output) => {
            const file = inventoryFile(flags);
            const { loadInventory } = await import('../inventory/index.js');
            const warn = (_: object, message: string): void => void process.stderr.write(`${message}\n`);
            const inventory = await loadInventory(file, { log: { warn, error: warn } });
            const targets = (await inventory.list?.()) ?? [];
            output.result(
              { targets },
              await table(
                ['target', 'environment', 'labels'],
                targets.map(({ target, environment, labels }) => [
                  target,
                  environment,
                  Object.entries(labels)
                    .map(([name, value]) => `${name}=${value}`)
                    .join(' '),
                ]),
              ),
            );
            return 0;
          }),
    );

  program
    .command('worker')
    .description('serve a data plane until SIGTERM; a second signal ends it at once')
    .option('-c, --config <file>', 'configuration (default: environment alone)')
    .addHelpText('after', '\nExample:\n  sterna worker -c config/worker.yaml')
    .action((flags: { config?: string }) =>
      run(async () => {
        const { runWorker } = await import('./run-worker.js');
        return runWorker(flags.config);
      }),
    );
}

function probeRow(result: ProbeResult): string[] {
  return [
    result.target,
    result.environment ?? '',
    result.ok ? 'ok' : (result.error?.code ?? 'failed'),
    result.serverVersion ?? '',
    result.ok ? (result.writable === true ? 'yes' : 'no') : '',
    String(result.milliseconds ?? ''),
  ];
}
