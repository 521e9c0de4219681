import type { Command } from 'commander';
import { writePulled } from './pulled-files.js';
import type { RunWithClient } from './run.js';

/** `pull` and `undrop`. */
export function addSchemaCommands(program: Command, runWithClient: RunWithClient): void {
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
}
