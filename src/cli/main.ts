#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import type { SternaClient } from '../client/index.js';
import { DEFAULT_DATA_PLANE } from '../contract/index.js';
import { addChangeCommands } from './change-commands.js';
import { addControlCommands } from './control-commands.js';
import { addDoctorCommand } from './doctor-command.js';
import { addLintCommand } from './lint-command.js';
import { Output } from './output.js';
import type { Run, RunWithClient } from './run.js';
import { addReplayCommand } from './replay-command.js';
import { addSchemaCommands } from './schema-commands.js';
import { addTargetsCommand } from './targets-command.js';
import { addWorkerCommand } from './worker-command.js';

const USAGE_EXIT = 2;

const program = new Command('sterna')
  .description('Durable MySQL schema changes as Temporal workflows')
  .option('--json', 'one JSON object on stdout')
  .option('--data-plane <name>', 'task queue of the workers', process.env.STERNA_DATA_PLANE ?? DEFAULT_DATA_PLANE)
  .option('--profile <name>', 'Temporal profile; otherwise TEMPORAL_*')
  .addHelpText(
    'after',
    '\nExit codes: 0 done, 1 failed, 2 usage, 3 refused, 4 unsafe or blocked plan, 5 cannot connect',
  )
  .showHelpAfterError('(sterna COMMAND --help shows an example)')
  .exitOverride();

const run: Run = async (work) => {
  const output = new Output(program.opts<{ json?: boolean }>().json === true);
  try {
    process.exitCode = await work(output);
  } catch (error) {
    process.exitCode = output.failure(error);
  }
};

async function connect(): Promise<SternaClient> {
  const { dataPlane, profile } = program.opts<{ dataPlane: string; profile?: string }>();
  // Loaded when it is needed: help and usage errors answer at once.
  const { SternaClient } = await import('../client/index.js');
  return SternaClient.connect({ dataPlane, ...(profile === undefined ? {} : { profile }) });
}

const runWithClient: RunWithClient = (work) =>
  run(async (output) => {
    await using client = await connect();
    return await work(client, output); // before the client closes
  });

addChangeCommands(program, run, runWithClient);
addControlCommands(program, runWithClient);
addSchemaCommands(program, runWithClient);
addTargetsCommand(program, run, runWithClient);
addWorkerCommand(program, run);
addDoctorCommand(program, run, connect);
addLintCommand(program, run);
addReplayCommand(program, run);
for (const command of program.commands)
  command.option('--json', 'one JSON object on stdout').exitOverride().showHelpAfterError('(--help shows an example)');
program.hook('preAction', (_, command) => {
  if (command.optsWithGlobals<{ json?: boolean }>().json === true) program.setOptionValue('json', true);
});

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : USAGE_EXIT;
}
