import type { Command } from 'commander';
import { DEFAULT_TARGET_TYPE, type LintedTable, SternaError } from '../contract/index.js';
import { inventoryFile } from './inventory-file.js';
import type { Output } from './output.js';
import type { Run } from './run.js';

interface LintFlags {
  readonly schema: string;
  readonly target?: string;
  readonly environment?: string;
  readonly inventory?: string;
}

/** `lint`: reads a schema folder by a server's own parser, from this process, and says what the rules find. */
export function addLintCommand(program: Command, run: Run): void {
  program
    .command('lint')
    .description('check a schema folder against the rules of docs/lint.md; uses a scratch schema and nothing else')
    .requiredOption('-s, --schema <dir>', 'folder <namespace>/<table>.sql, with an optional sterna.yaml')
    .option('-t, --target <key>', 'whose server reads the files (default: of sterna.yaml)')
    .option('-e, --environment <name>', 'environment of the target (default: of sterna.yaml)')
    .option('--inventory <file>', 'inventory file (default: STERNA_INVENTORY)')
    .addHelpText('after', '\nExample:\n  sterna lint -t orders-dev -e development -s schema')
    .action((flags: LintFlags) => run((output) => lint(output, flags)));
}

async function lint(output: Output, flags: LintFlags): Promise<number> {
  // Loaded when they are needed: they cost start-up time.
  const [{ readSchemaFolder }, { openRouter }] = await Promise.all([
    import('./schema-folder.js'),
    import('../router/index.js'),
  ]);
  const folder = await readSchemaFolder(flags.schema);
  const target = flags.target ?? folder.target;
  const environment = flags.environment ?? folder.environment;
  if (target === undefined || environment === undefined)
    throw new SternaError(
      'input_invalid',
      `Expected --target and --environment (or both in sterna.yaml), got ${target === undefined ? 'no target' : 'no environment'}.`,
    );
  const warn = (_: object, message: string): void => void process.stderr.write(`${message}\n`);
  await using router = await openRouter(inventoryFile(flags), { warn, error: warn });
  const { schema, ignore, lint: levels } = folder;
  const tables = await router.use({ target, environment, type: DEFAULT_TARGET_TYPE }, (client) =>
    client.lint({ schema, ignoreTables: ignore, lint: levels }),
  );
  const ok = tables.every(({ findings }) => findings.every(({ severity }) => severity !== 'error'));
  output.result({ ok, tables }, render(tables));
  return ok ? 0 : 1;
}

function render(tables: readonly LintedTable[]): string {
  const lines = tables.flatMap(({ namespace, table, findings }) =>
    findings.map(({ rule, severity, message }) => `${namespace}.${table}  ${severity}  ${rule}: ${message}`),
  );
  return [...lines, `${lines.length} findings in ${tables.length} tables`].join('\n');
}
