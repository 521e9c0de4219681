import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  type ChangeOptions,
  type ChangeState,
  type ChangeStatus,
  ERRORS,
  isTerminal,
  type LintLevels,
  MAX_VOLUME,
  type MessageName,
  MIN_VOLUME,
  type Plan,
  renderPlanText,
  rollbackOf,
  type SchemaChangeInput,
  SternaError,
} from '../contract/index.js';
import type { SternaClient } from '../client/index.js';
import { callerOf } from './caller.js';
import type { Output } from './output.js';
import { planPaint } from './plan-paint.js';
import { renderStatus } from './render-status.js';
import type { Run, RunWithClient } from './run.js';
import { watchChange } from './watch-change.js';

export interface StartFlags {
  readonly target?: string;
  readonly environment?: string;
  readonly schema?: string;
  readonly namespace?: string;
  readonly id?: string;
  readonly yes?: boolean;
  readonly watch?: boolean;
  readonly allowUnsafe?: boolean;
  readonly deferCutover?: boolean;
  readonly revertWindow?: string;
  readonly volume?: number;
  readonly directBelowRows?: number;
  readonly directBelowBytes?: number;
  readonly queue?: boolean;
  readonly caller?: string;
  readonly reason?: string;
  readonly local?: boolean;
  readonly inventory?: string;
}

/** `plan`, `apply` and `alter`: the commands that start changes. */
export function addChangeCommands(program: Command, run: Run, runWithClient: RunWithClient): void {
  withStartOptions(program.command('plan').description('make a plan and show it; it waits for `sterna apply ID`'))
    .option('-s, --schema <dir>', 'schema folder: DIR/<namespace>/<table>.sql')
    .addOption(
      new Option('--rollback-of <id>', 'back to the definitions of before that change').conflicts(['schema', 'local']),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  sterna plan -t orders-prod -e production -s schema/\n  sterna plan --rollback-of orders-prod.production.20260301',
    )
    .action(({ rollbackOf: part, ...flags }: StartFlags & { readonly rollbackOf?: string }) => {
      if (part === undefined) return start(flags, () => inputFromFolder(flags, false), planOnly);
      return runWithClient(async (client, output) => {
        const input = await inputFromChange(client, await client.complete(part), flags);
        output.line('Definitions come back, values of dropped columns do not. A dropped table: `sterna undrop`.\n');
        return planOnly(client, output, input, flags);
      });
    });

  withStartOptions(
    program
      .command('apply')
      .argument('[id]', 'a planned change')
      .description('apply a planned change, or plan and apply in one go'),
  )
    .option('-s, --schema <dir>', 'schema folder: DIR/<namespace>/<table>.sql')
    .option('-y, --yes', 'no question')
    .option('-w, --watch', 'draw the progress until the end')
    .addHelpText(
      'after',
      '\nExamples:\n  sterna apply orders-prod.production.20260301 --watch\n  sterna apply -t orders-prod -e production -s schema/ -y --watch',
    )
    .action((part: string | undefined, flags: StartFlags) => {
      if (part === undefined) return start(flags, () => inputFromFolder(flags, requireYes(flags)), startAndFollow);
      return runWithClient(async (client, output) => applyPlanned(client, output, await client.complete(part), flags));
    });

  withStartOptions(
    program
      .command('alter')
      .argument('<statement>', 'one ALTER TABLE, run online as written')
      .description('plan and apply one ALTER TABLE'),
  )
    .requiredOption('-n, --namespace <name>', 'MySQL schema of the table')
    .option('-y, --yes', 'no question; without it the plan waits for `sterna apply ID`')
    .option('-w, --watch', 'draw the progress until the end')
    .addHelpText(
      'after',
      "\nExample:\n  sterna alter -t orders-prod -e production -n shop 'ALTER TABLE orders ADD COLUMN note TEXT' -y --watch",
    )
    .action((statement: string, flags: StartFlags) => {
      const applies = flags.yes === true;
      const input = (): SchemaChangeInput =>
        inputOf(flags, { statements: { [flags.namespace ?? '']: [statement] } }, applies);
      return start(flags, input, applies ? startAndFollow : planOnly);
    });

  /** Through Temporal, or in this process. */
  function start(
    flags: StartFlags,
    input: () => SchemaChangeInput | Promise<SchemaChangeInput>,
    work: (client: SternaClient, output: Output, input: SchemaChangeInput, flags: StartFlags) => Promise<number>,
  ): Promise<void> {
    if (flags.local !== true)
      return runWithClient(async (client, output) => work(client, output, await input(), flags));
    return run(async (output) => {
      const { localRequest, runLocal } = await import('./run-local.js'); // loaded when it is needed
      return runLocal(output, localRequest(await input(), flags), flags);
    });
  }
}

function withStartOptions(command: Command): Command {
  return command
    .option('-t, --target <key>', 'target of the inventory')
    .option('-e, --environment <name>', 'environment of the target')
    .option('--id <id>', 'id of the change; started twice, it is attached to')
    .option('--allow-unsafe', 'consent to what loses or may lose data')
    .option('--defer-cutover', 'copy all tables first and swap together, on `sterna cutover`')
    .option('--revert-window <duration>', 'keep the old table equal after the cutover, e.g. 30m')
    .addOption(new Option('--volume <n>', 'how hard to copy, 1 to 11; 0 holds').argParser(parseVolume))
    .addOption(
      new Option('--direct-below-rows <n>', 'change smaller tables by one ALTER, which blocks their writers').argParser(
        parseCount,
      ),
    )
    .addOption(new Option('--direct-below-bytes <n>', 'the same, by bytes').argParser(parseCount))
    .option('--queue', 'wait when another change holds the target')
    .option('--caller <name>', 'who asks; recorded')
    .option('--reason <text>', 'why; recorded')
    .option('--local', 'in this process, without Temporal; the same command goes on after an interruption')
    .option('--inventory <file>', 'with --local: inventory file (default: STERNA_INVENTORY)');
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 0) throw new InvalidArgumentError('expected a whole number.');
  return count;
}

export function parseVolume(text: string): number {
  const volume = Number(text);
  if (!Number.isInteger(volume) || volume < MIN_VOLUME || volume > MAX_VOLUME)
    throw new InvalidArgumentError(`expected ${MIN_VOLUME} to ${MAX_VOLUME}.`);
  return volume;
}

async function inputFromFolder(flags: StartFlags, autoApply: boolean): Promise<SchemaChangeInput> {
  if (flags.schema === undefined)
    throw new SternaError('input_invalid', 'Expected --schema DIR with the desired files, got none.');
  const { readSchemaFolder } = await import('./schema-folder.js'); // loaded when it is needed: it costs start-up time
  const folder = await readSchemaFolder(flags.schema);
  const target = flags.target ?? folder.target;
  const environment = flags.environment ?? folder.environment;
  return inputOf(
    { ...flags, ...(target === undefined ? {} : { target }), ...(environment === undefined ? {} : { environment }) },
    { schema: folder.schema },
    autoApply,
    folder.ignore,
    folder.lint,
  );
}

/** Of one that has ended: what it still does would not be taken back. */
async function inputFromChange(client: SternaClient, id: string, flags: StartFlags): Promise<SchemaChangeInput> {
  const { state } = await client.status(id);
  if (!isTerminal(state))
    throw new SternaError(
      'rollback_impossible',
      `Expected a change that has ended, ${id} is ${state}. Cancel it, or wait for its end.`,
    );
  const plan = await client.plan(id);
  if (plan === null) throw new SternaError('rollback_impossible', `Expected a change with a plan, ${id} has none.`);
  const { reason, ...input } = rollbackOf(id, plan);
  return { ...input, caller: callerOf(flags), reason: flags.reason ?? reason ?? '' };
}

function inputOf(
  flags: StartFlags,
  what: Pick<SchemaChangeInput, 'schema' | 'statements'>,
  autoApply: boolean,
  ignoreTables: readonly string[] = [],
  lint: LintLevels = {},
): SchemaChangeInput {
  const { target, environment } = flags;
  if (target === undefined || environment === undefined) {
    throw new SternaError(
      'input_invalid',
      `Expected --target and --environment (or both in sterna.yaml), got ${target === undefined ? 'no target' : 'no environment'}.`,
    );
  }
  const options: ChangeOptions = {
    autoApply,
    ...applyOptions(flags),
    ...(flags.volume === undefined ? {} : { volume: flags.volume }),
    ...(flags.directBelowRows === undefined ? {} : { directBelowRows: flags.directBelowRows }),
    ...(flags.directBelowBytes === undefined ? {} : { directBelowBytes: flags.directBelowBytes }),
    ...(flags.queue === true ? { onConflict: 'queue' as const } : {}),
    ...(ignoreTables.length > 0 ? { ignoreTables } : {}),
    ...(Object.keys(lint).length > 0 ? { lint } : {}),
  };
  return {
    target,
    environment,
    ...what,
    options,
    caller: callerOf(flags),
    ...(flags.reason === undefined ? {} : { reason: flags.reason }),
  };
}

function applyOptions(flags: StartFlags): Pick<ChangeOptions, 'allowUnsafe' | 'deferCutover' | 'revertWindow'> {
  return {
    ...(flags.allowUnsafe === true ? { allowUnsafe: true } : {}),
    ...(flags.deferCutover === true ? { deferCutover: true } : {}),
    ...(flags.revertWindow === undefined ? {} : { revertWindow: flags.revertWindow }),
  };
}

async function planOnly(
  client: SternaClient,
  output: Output,
  input: SchemaChangeInput,
  flags: StartFlags,
): Promise<number> {
  const id = await client.start(input, flags.id);
  return output.about(id, async () => {
    const { plan, status } = await planOf(client, id);
    output.result(
      { changeId: id, state: status.state, plan },
      `${renderPlanText(plan, planPaint())}\n\n${id}  ${status.state}${plan.tasks.length === 0 ? '' : `\nnext: sterna apply ${id}`}`,
    );
    return verdict(plan, flags.allowUnsafe === true);
  });
}

/** 4 when an apply would be refused as it stands. */
export function verdict(plan: Plan, allowUnsafe: boolean): number {
  const refused = plan.tasks.some((task) => task.safety === 'blocked' || (task.safety === 'unsafe' && !allowUnsafe));
  return refused ? ERRORS.plan_blocked.exitCode : 0;
}

/** Waits until the plan is made; throws what made planning fail. */
async function planOf(client: SternaClient, id: string): Promise<{ plan: Plan; status: ChangeStatus }> {
  for await (const status of client.watch(id)) {
    if (status.state === 'planning') continue;
    const plan = await client.plan(id);
    if (plan !== null) return { plan, status };
    break;
  }
  await client.result(id); // throws why there is none
  throw new SternaError('internal', `Expected a plan of ${id}, found none.`);
}

async function applyPlanned(client: SternaClient, output: Output, id: string, flags: StartFlags): Promise<number> {
  return output.about(id, async () => {
    const message = { caller: callerOf(flags), ...applyOptions(flags) };
    const { state } = await client.send(id, 'apply', message);
    if (flags.watch === true) return follow(client, output, id);
    output.result({ changeId: id, state }, `${id}  ${state}\nnext: sterna watch ${id}`);
    return 0;
  });
}

function requireYes({ yes }: StartFlags): true {
  if (yes === true) return yes;
  throw new SternaError('input_invalid', 'Expected the id of a planned change, or --yes to plan and apply in one go.');
}

async function startAndFollow(
  client: SternaClient,
  output: Output,
  input: SchemaChangeInput,
  flags: StartFlags,
): Promise<number> {
  const id = await client.start(input, flags.id);
  return output.about(id, async () => {
    if (flags.watch === true) return follow(client, output, id);
    output.result({ changeId: id, state: 'planning' }, `${id}  planning\nnext: sterna watch ${id}`);
    return 0;
  });
}

/** A change that stays as it is until it is sent this. */
const AWAITED: Partial<Record<ChangeState, MessageName>> = {
  waiting_for_cutover: 'cutover',
  revert_window: 'finalize',
};

function waitsForSomebody({ state, controls }: ChangeStatus): boolean {
  const awaited = AWAITED[state];
  return awaited !== undefined && controls.includes(awaited);
}

/** Draws until the end and returns the exit code of the outcome. */
export async function follow(client: SternaClient, output: Output, id: string): Promise<number> {
  const status = await watchChange(client, id, output, waitsForSomebody);
  if (status.state === 'failed') await client.result(id); // throws the failure with its code
  output.result(status, renderStatus(status));
  return ['cancelled', 'expired', 'reverted'].includes(status.state) ? 1 : 0;
}
