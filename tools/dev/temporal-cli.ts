import { createWriteStream, existsSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DevError } from './failure.js';
import { CACHE } from './paths.js';
import { capture, run } from './run.js';
import { step } from './step.js';

/** Later tags carry a local `replace`, which `go install` refuses. */
const VERSION = 'v1.5.1';
const FOLDER = path.join(CACHE, 'temporal');
const CACHED = path.join(FOLDER, 'temporal');

/** First found of: TEMPORAL_CLI, PATH, the cache, the official download, a build with Go. */
export async function temporalCli(): Promise<string> {
  const named = process.env['TEMPORAL_CLI'];
  if (named !== undefined && named !== '') {
    if (await works(named)) return named;
    throw new DevError(`Expected TEMPORAL_CLI to be the path of the temporal program; ${named} does not run.`);
  }
  for (const candidate of ['temporal', CACHED]) if (await works(candidate)) return candidate;
  mkdirSync(FOLDER, { recursive: true });
  const failures: string[] = [];
  for (const [what, get] of [
    ['download', download],
    ['build with Go', build],
  ] as const) {
    try {
      await step(`temporal ${VERSION}: ${what}`, get);
      return CACHED;
    } catch (error) {
      failures.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new DevError(`No temporal program. Set TEMPORAL_CLI to its path, or install Go.\n${failures.join('\n')}`);
}

async function works(cli: string): Promise<boolean> {
  return (await capture(cli, ['--version'], { timeoutMs: 10_000 })).code === 0;
}

/** Written from the documentation: where this was built there is no way to that host. */
async function download(): Promise<void> {
  const platform = process.platform;
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  const headers = new AbortController();
  const timer = setTimeout(() => headers.abort(new DevError('no answer in 5 s')), 5_000);
  const url = `https://temporal.download/cli/archive/${VERSION}?platform=${platform}&arch=${arch}`;
  const response = await fetch(url, { signal: headers.signal }).finally(() => clearTimeout(timer));
  if (!response.ok || response.body === null) throw new DevError(`HTTP ${response.status}`);
  const archive = path.join(FOLDER, 'temporal.tar.gz');
  await pipeline(Readable.fromWeb(response.body), createWriteStream(archive));
  await run('tar', ['-xzf', archive, '-C', FOLDER, 'temporal']);
  rmSync(archive);
  if (!(await works(CACHED))) throw new DevError('the downloaded program does not run');
}

async function build(): Promise<void> {
  console.error('  (some minutes, once)');
  await run('go', ['install', '-ldflags', '-s -w', `github.com/temporalio/cli/cmd/temporal@${VERSION}`], {
    env: { ...process.env, GOBIN: FOLDER },
  });
  if (!existsSync(CACHED)) throw new DevError('go install left no program');
}
