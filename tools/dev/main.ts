import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { check } from './check.js';
import { down, environmentOf, readEnvironment, status, up } from './environment.js';
import { DevError } from './failure.js';
import { ENV_FILE, ROOT } from './paths.js';
import { passThrough } from './run.js';
import { test } from './test.js';

const HELP = `./dev <command>

  demo                  everything needed, then the main job on real servers
  test [vitest args]    everything needed, then the whole suite
  check                 format, lint with the import rule, types, unused code and dependencies
  verify                check and test: what CI runs
  up, down, status      development servers: Temporal with its UI, two MySQL servers; see .dev/env
  sterna …              the CLI of this checkout against them
  bench [name]          benchmarks`;

const [command = 'help', ...args] = process.argv.slice(2);
try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof DevError ? error.message : error);
  process.exitCode = 1;
}

async function main(): Promise<number> {
  switch (command) {
    case 'up': {
      const { STERNA_UI: ui = '' } = await up();
      status();
      console.log(`Temporal UI: ${ui}\nsettings: ${path.relative(process.cwd(), ENV_FILE)}`);
      return 0;
    }
    case 'down':
      await down();
      return 0;
    case 'status':
      return status() ? 0 : 1;
    case 'check':
      return (await check()) ? 0 : 1;
    case 'test':
      return test(args, environmentOf(await up()));
    case 'verify':
      return (await check()) ? test(args, environmentOf(await up())) : 1;
    case 'sterna':
      return sterna();
    case 'demo':
      return script('tools/demo/main.ts');
    case 'bench':
      return bench();
    case 'help':
    case '--help':
      console.log(HELP);
      return 0;
    default:
      console.error(`Expected a command, got ${JSON.stringify(command)}.\n\n${HELP}`);
      return 2;
  }
}

/** In this process, so that signals and the terminal are the CLI's own. */
async function sterna(): Promise<number> {
  process.env = environmentOf(readEnvironment() ?? (await up()));
  const cli = path.join(ROOT, 'src/cli/main.ts');
  process.argv = [process.execPath, cli, ...args];
  await import(pathToFileURL(cli).href);
  return Number(process.exitCode ?? 0);
}

async function script(file: string): Promise<number> {
  if (!existsSync(path.join(ROOT, file))) throw new DevError(`Expected ${file}, found none.`);
  const env = environmentOf(await up());
  return passThrough(process.execPath, ['--import', 'tsx', path.join(ROOT, file), ...args.slice(1)], {
    cwd: ROOT,
    env,
  });
}

async function bench(): Promise<number> {
  const names = readdirSync(path.join(ROOT, 'bench'))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -3));
  const chosen = args[0] === undefined ? names : [args[0]];
  for (const name of chosen) {
    if (!names.includes(name))
      throw new DevError(`Expected a benchmark (${names.join(', ')}), got ${JSON.stringify(name)}.`);
    const code = await script(`bench/${name}.ts`);
    if (code !== 0) return code;
  }
  return 0;
}
