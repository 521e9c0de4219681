import type { Command } from 'commander';
import type { MessageArguments, MessageName } from '../contract/index.js';
import { callerOf } from './caller.js';
import { follow, parseVolume } from './change-commands.js';
import { renderStatus } from './render-status.js';
import type { RunWithClient } from './run.js';

interface ControlFlags {
  readonly caller?: string;
  readonly reason?: string;
}

const CONTROLS: Readonly<Record<Exclude<MessageName, 'apply' | 'setVolume'>, string>> = {
  stop: 'pause; copied rows and the reservation of the target are kept',
  resume: 'go on from the checkpoint',
  cutover: 'swap now',
  cancel: 'give up and remove what the change left',
  revert: 'swap back, with every write made since',
  finalize: 'end the revert window and drop the old table',
};

/** `status`, `watch`, `list` and the controls. */
export function addControlCommands(program: Command, run: RunWithClient): void {
  for (const [name, description] of Object.entries(CONTROLS) as [keyof typeof CONTROLS, string][]) {
    const command = program
      .command(name)
      .argument('<id>', 'the change, or an unambiguous part of its id')
      .description(description)
      .option('--caller <name>', 'who asks; recorded');
    if (name === 'stop' || name === 'cancel' || name === 'revert') command.option('--reason <text>', 'why; recorded');
    command
      .addHelpText('after', `\nExample:\n  sterna ${name} orders-prod.production.20260301`)
      .action((part: string, flags: ControlFlags) =>
        run(
          control(part, name, {
            caller: callerOf(flags),
            ...(flags.reason === undefined ? {} : { reason: flags.reason }),
          }),
        ),
      );
  }

  program
    .command('volume')
    .argument('<id>', 'the change, or an unambiguous part of its id')
    .argument('<n>', '1 (gentle) to 11 (as fast as the server takes); 0 holds', parseVolume)
    .description('copy slower or faster, or hold, at once; captured changes go on being brought over')
    .option('--caller <name>', 'who asks; recorded')
    .addHelpText('after', '\nExample:\n  sterna volume orders-prod.production.20260301 3')
    .action((part: string, volume: number, flags: ControlFlags) =>
      run(control(part, 'setVolume', { caller: callerOf(flags), volume })),
    );

  program
    .command('status')
    .argument('<id>', 'the change, or an unambiguous part of its id')
    .description('state, tables and progress of a change')
    .addHelpText('after', '\nExample:\n  sterna status orders-prod.production.20260301 --json')
    .action((part: string) =>
      run(async (client, output) => {
        const status = await client.status(await client.complete(part));
        output.result(status, renderStatus(status));
        return 0;
      }),
    );

  program
    .command('watch')
    .argument('<id>', 'the change, or an unambiguous part of its id')
    .description('draw the progress of a change; leaving never stops it')
    .addHelpText('after', '\nExample:\n  sterna watch orders-prod.production.20260301')
    .action((part: string) =>
      run(async (client, output) => {
        const id = await client.complete(part);
        return output.about(id, () => follow(client, output, id));
      }),
    );

  program
    .command('list')
    .description('changes, the newest first')
    .option('--state <state>', 'only in this state, e.g. running')
    .option('-t, --target <key>', 'only of this target')
    .addHelpText('after', '\nExample:\n  sterna list --state running')
    .action((flags: { state?: string; target?: string }) =>
      run(async (client, output) => {
        const changes = await client.list(flags);
        const text =
          changes.length === 0
            ? 'no changes'
            : await table(
                ['change', 'state', 'tables', 'caller', 'started'],
                changes.map((change) => [
                  change.changeId,
                  change.state,
                  change.tables.join(' '),
                  change.caller ?? '',
                  change.startedAt,
                ]),
              );
        output.result({ changes }, text);
        return 0;
      }),
    );
}

function control<N extends MessageName>(
  part: string,
  name: N,
  message: MessageArguments[N],
): Parameters<RunWithClient>[0] {
  return async (client, output) => {
    const id = await client.complete(part);
    return output.about(id, async () => {
      const { state, already } = await client.send(id, name, message);
      output.result({ changeId: id, state, already }, `${id}  ${state}${already ? ' (already asked for)' : ''}`);
      return 0;
    });
  };
}

/** Rows under headings. Loaded when it is needed: it costs start-up time. */
export async function table(head: string[], rows: string[][]): Promise<string> {
  const { default: Table } = await import('cli-table3');
  const grid = new Table({
    head,
    style: { head: [], border: [] },
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  });
  grid.push(...rows);
  return grid.toString();
}
