import { fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { TestAccount } from '../../test/support/account.js';
import type { TestNamespace } from '../../test/support/namespace.js';
import type { TestServer } from '../../test/support/servers.js';
import { type Usage, usageOf } from './process-usage.js';

const ALTER = 'MODIFY k BIGINT NOT NULL DEFAULT 0';

/** A place for files of this run, and for the engine's process as plain JavaScript: with a compiler in it, its memory is not its own. */
const folder = mkdtempSync(fileURLToPath(new URL('../../.dev/bench-', import.meta.url)));
process.once('exit', () => rmSync(folder, { recursive: true }));

export interface Table {
  readonly space: TestNamespace;
  readonly rows: number;
  readonly account: TestAccount;
}

export interface Measured {
  readonly seconds: number;
  readonly usage?: Usage | undefined;
  /** How long the swap held writers, where the tool tells. */
  readonly blockMs?: number | undefined;
  /** For people who look where the time goes. */
  readonly phases?: Readonly<Record<string, number>>;
}

/** Changes the definition of the table `t`, or rebuilds it. */
export type Tool = (table: Table) => Promise<Measured>;

export interface EngineJob {
  readonly space: { readonly name: string; readonly server: TestServer };
  readonly rows: number;
  readonly alter: string;
  readonly volume: number;
}

export type EngineResult = Pick<Measured, 'seconds' | 'blockMs' | 'phases'>;

/** The limit: the server's own rebuild, which holds writers at its end and replicas for as long as it takes. */
export const rebuild: Tool = async ({ space }) =>
  timed(async () => {
    await space.query('ALTER TABLE t FORCE, ALGORITHM=INPLACE');
    return {};
  });

let bundled: Promise<string> | undefined;

export function sterna(volume: number): Tool {
  return async ({ space, rows }) => {
    const child = fork(await (bundled ??= bundle()), { execArgv: [] });
    const ended = once(child, 'exit');
    const usage = usageOf(child.pid ?? 0, ended);
    const job: EngineJob = { space: { name: space.name, server: space.server }, rows, alter: ALTER, volume };
    child.send(job);
    await Promise.race([once(child, 'message'), failed(ended, 'the engine')]); // ready
    const answer = once(child, 'message');
    child.send('go');
    const [result] = (await Promise.race([answer, failed(ended, 'the engine')])) as [EngineResult];
    return { ...result, usage: await usage };
  };
}

/** Resolves to the file. */
async function bundle(): Promise<string> {
  const outfile = path.join(folder, 'engine-process.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('engine-process.ts', import.meta.url))],
    outfile,
    bundle: true,
    external: ['@vlasky/zongji'],
    format: 'esm',
    platform: 'node',
    target: 'node20',
    banner: {
      js: "import { createRequire as benchCreateRequire } from 'node:module';\nconst require = benchCreateRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
  return outfile;
}

type Arguments = (server: TestServer, database: string) => string[];

const PEERS: Readonly<Record<string, Arguments>> = {
  spirit: ({ host, port, user, password }, database) => [
    ...['migrate', '--host', `${host}:${port}`, '--username', user, '--password', password, '--database', database],
    ...['--statement', `ALTER TABLE t ${ALTER}`],
  ],
  'gh-ost': ({ host, port, user, password }, database) => [
    ...['--host', host, '--port', String(port), '--user', user, '--password', password, '--database', database],
    ...['--table', 't', '--alter', ALTER, '--execute', '--allow-on-master', '--assume-rbr', '--ok-to-drop-table'],
    ...['--initially-drop-ghost-table', '--initially-drop-old-table', '--chunk-size', '1000'],
    ...['--max-lag-millis', '100000', '--serve-socket-file', path.join(folder, 'gh-ost.sock')],
  ],
  'pt-online-schema-change': ({ host, port, user, password }, database) => [
    ...['--execute', '--alter', ALTER, `h=${host},P=${port},u=${user},p=${password},D=${database},t=t`],
    ...['--recursion-method', 'none', '--no-check-replication-filters'],
    ...['--max-load', 'Threads_running=1000', '--critical-load', 'Threads_running=2000'],
  ],
};

export const PEER_NAMES = Object.keys(PEERS);

export function isOnPath(name: string): boolean {
  return spawnSync(name, ['--version']).error === undefined;
}

export function peer(name: string): Tool {
  return ({ space, account }) =>
    timed(async () => {
      const child = spawn(name, PEERS[name]?.(account.server, space.name) ?? [], { stdio: ['ignore', 'pipe', 'pipe'] });
      let output = '';
      const keep = (text: Buffer): void => void (output = (output + text.toString()).slice(-2_000));
      child.stdout.on('data', keep);
      child.stderr.on('data', keep);
      const ended = once(child, 'exit');
      const usage = usageOf(child.pid ?? 0, ended);
      const [code] = (await ended) as [number | null];
      if (code !== 0) throw new Error(`Expected ${name} to end with 0, got ${code}:\n${output}`);
      return { usage: await usage };
    });
}

async function failed(ended: Promise<unknown[]>, what: string): Promise<never> {
  const [code] = await ended;
  throw new Error(`Expected an answer of ${what}, its process ended with ${String(code)}.`);
}

async function timed(work: () => Promise<Omit<Measured, 'seconds'>>): Promise<Measured> {
  const started = performance.now();
  const measured = await work();
  return { ...measured, seconds: (performance.now() - started) / 1_000 };
}
