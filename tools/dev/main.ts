import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt } from './built.js';
import { check } from './check.js';
import { down, environmentOf, readEnvironment, status, up } from './environment.js';
import { DevError } from './failure.js';
import { ENV_FILE, ROOT } from './paths.js';
import { passThrough } from './run.js';
import { test } from './test.js';

const HELP = `./dev <command>

  demo                  everything needed, then the main job on real servers
  test [vitest args]    everything needed, then the whole suite
  check                 format, lint with the import rule, types, unused code and dependencies, links of the API
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
      return script('tools/demo/main.ts', args);
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
  ensureBuilt();
  const cli = path.join(ROOT, 'dist/cli.js');
  process.argv = [process.execPath, cli, ...args];
  await import(pathToFileURL(cli).href);
  return Number(process.exitCode ?? 0);
}

async function script(file: string, scriptArgs: readonly string[]): Promise<number> {
  const full = path.join(ROOT, file);
  if (!existsSync(full)) throw new DevError(`Expected ${file}, found none.`);
  const env = environmentOf(await up());
  return passThrough(process.execPath, ['--import', 'tsx', full, ...scriptArgs], { cwd: ROOT, env });
}

/** One benchmark, with its arguments, or all of them. */
async function bench(): Promise<number> {
  const [name, ...benchArgs] = args;
  if (name !== undefined) return script(`bench/${name}.ts`, benchArgs);
  const files = existsSync(path.join(ROOT, 'bench')) ? readdirSync(path.join(ROOT, 'bench')) : [];
  for (const file of files.filter((entry) => entry.endsWith('.ts'))) {
    const code = await script(`bench/${file}`, []);
    if (code !== 0) return code;
  }
  return 0;
}
