import { type Command, InvalidArgumentError } from 'commander';
import { type ErrorCode, ERRORS, type ProbeResult } from '../contract/index.js';
import type { LoadedInventory, ServerExplanation, TargetExplanation } from '../inventory/index.js';
import { table } from './control-commands.js';
import { inventoryFile } from './inventory-file.js';
import type { Output } from './output.js';
import type { Run, RunWithClient } from './run.js';

type Labels = Readonly<Record<string, string>>;

interface TargetsFlags {
  readonly environment?: string;
  readonly label?: Labels;
  readonly probe?: boolean;
  readonly inventory?: string;
}

/** `targets` and `targets explain`. */
export function addTargetsCommand(program: Command, run: Run, runWithClient: RunWithClient): void {
  const targets = program
    .command('targets')
    .description('targets of the inventory')
    .option('-e, --environment <name>', 'only this environment')
    .option('--label <name=value>', 'only targets with this label; may be given again', addLabel)
    .option('--probe', 'connect to each, through a worker')
    .option('--inventory <file>', 'inventory file (default: STERNA_INVENTORY)')
    .addHelpText('after', '\nExample:\n  sterna targets -e production --label region=eu --probe')
    .action((flags: TargetsFlags) => (flags.probe === true ? probe(flags, runWithClient) : list(flags, run)));

  targets
    .command('explain')
    .argument('<target>', 'target of the inventory')
    .description('how the inventory finds a target, without address and secrets')
    .option('-e, --environment <name>', 'environment of the target')
    .option('--inventory <file>', 'inventory file (default: STERNA_INVENTORY)')
    .option('--json', 'one JSON object on stdout')
    .addHelpText('after', '\nExample:\n  sterna targets explain orders-prod -e production')
    .action((target: string, _: object, command: Command) =>
      // The options of `targets` take those of the same name.
      run((output) => explain(output, target, command.optsWithGlobals<TargetsFlags>())),
    );
}

async function probe({ environment, label }: TargetsFlags, runWithClient: RunWithClient): Promise<void> {
  await runWithClient(async (client, output) => {
    const { results, inventoryStale = false } = await client.probe({
      ...(environment === undefined ? {} : { environment }),
      ...(label === undefined ? {} : { labels: label }),
    });
    const rows = await table(['target', 'environment', 'answer', 'version', 'writable', 'ms'], results.map(probeRow));
    output.result(
      { targets: results, inventoryStale },
      inventoryStale ? `${rows}\n${staleNote('of the worker', 'its log says why')}` : rows,
    );
    return results.every((result) => result.ok) ? 0 : 5;
  });
}

async function list({ environment, label = {}, inventory: file }: TargetsFlags, run: Run): Promise<void> {
  await run(async (output) => {
    const inventory = await openInventory(file);
    const targets = (await inventory.list()).filter(
      (each) =>
        (environment === undefined || each.environment === environment) &&
        Object.entries(label).every(([name, value]) => each.labels[name] === value),
    );
    const health = await inventory.health();
    const rows = await table(
      ['target', 'environment', 'labels'],
      targets.map((each) => [each.target, each.environment, pairs(each.labels)]),
    );
    output.result(
      { targets, inventoryStale: health.stale },
      health.stale ? `${rows}\n${staleNote('', health.message ?? '')}` : rows,
    );
    return 0;
  });
}

async function explain(
  output: Output,
  target: string,
  { environment, inventory: file }: TargetsFlags,
): Promise<number> {
  const inventory = await openInventory(file);
  const request = { target, ...(environment === undefined ? {} : { environment }) };
  const found = await inventory.explain(request);
  output.result(found, explanationText(found));
  const codes = [found.server, ...found.replicas, ...(found.workspace ? [found.workspace] : [])].flatMap(({ error }) =>
    error === undefined ? [] : [error.code],
  );
  return Math.max(0, ...codes.map((code) => ERRORS[code as ErrorCode].exitCode));
}

/** The facts, one a line; what is as in every other entry is left out. */
function explanationText(found: TargetExplanation): string {
  const { replicas, workspace, limits, schemaOverrides } = found;
  const facts: [string, string | undefined][] = [
    ['inventory', `${found.file ?? ''} (${found.kind})`],
    ['server', serverText(found.server)],
    ['workspace', workspace && serverText(workspace)],
    ['replicas', replicas.length === 0 ? 'none' : `${replicas.length}: ${replicas.map(serverText).join('; ')}`],
    ['writer', found.requireWriter ? 'required' : undefined],
    ['namespaces', schemaOverrides === undefined ? undefined : `only ${pairs(schemaOverrides)}`],
    ['limits', Object.keys(limits).length === 0 ? undefined : pairs(limits)],
    ['labels', Object.keys(found.labels).length === 0 ? undefined : pairs(found.labels)],
    ['metadata', Object.keys(found.metadata).length === 0 ? undefined : pairs(found.metadata)],
  ];
  return [
    `${found.target} (${found.environment}, ${found.type})`,
    ...facts.flatMap(([name, text]) => (text === undefined ? [] : [`  ${name.padEnd(10)} ${text}`])),
  ].join('\n');
}

function serverText({ from, tls, tlsCa, error }: ServerExplanation): string {
  const parts = [
    from,
    ...(tls === undefined ? [] : [`TLS ${tls}`]),
    ...(tlsCa === undefined ? [] : [`authority ${tlsCa}`]),
    error === undefined ? 'secret found' : `${error.code}: ${error.message}`,
  ];
  return parts.join(', ');
}

function staleNote(whose: string, why: string): string {
  return `Note: the inventory ${whose === '' ? '' : `${whose} `}was changed and is broken; an earlier state is in force: ${why}`;
}

async function openInventory(file: string | undefined): Promise<LoadedInventory> {
  const path = inventoryFile(file === undefined ? {} : { inventory: file });
  const { loadInventory } = await import('../inventory/index.js');
  const warn = (_: object, message: string): void => void process.stderr.write(`${message}\n`);
  return loadInventory(path, { log: { warn, error: warn } });
}

function addLabel(text: string, before: Labels = {}): Labels {
  const [, name = '', value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === '') throw new InvalidArgumentError('Expected NAME=VALUE.');
  return { ...before, [name]: value };
}

function pairs(words: object): string {
  return Object.entries(words)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ');
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
