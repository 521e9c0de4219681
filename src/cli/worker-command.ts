import type { Command } from 'commander';
import type { Run } from './run.js';

export function addWorkerCommand(program: Command, run: Run): void {
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
