import { existsSync } from 'node:fs';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { cachedMysql, installMysql } from './debian-mysql.js';
import { DevError } from './failure.js';
import { withLock } from './lock.mjs';
import { DEV } from './paths.js';
import { capture, run } from './run.js';
import { step } from './step.js';

/** A MySQL server program that runs on this machine. */
export interface MysqlProgram {
  /** What to put in front of the server's own options. */
  readonly command: readonly string[];
  readonly version: string;
}

const USUAL_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/local/mysql/bin', '/opt/homebrew/bin', '/usr/libexec'];
const DOCKER_IMAGE = 'mysql:9.7';
const IS_ROOT = process.getuid?.() === 0;

/** Options of every server that we run, of whatever origin. */
const COMMON = [
  ...['--secure-file-priv=', '--mysqlx=OFF', '--bind-address=127.0.0.1', '--socket=s.sock', '--pid-file=pid'],
  ...(IS_ROOT ? ['--user=root'] : []), // as root, the server wants to be told
];

/** First found of: PATH and the usual folders, the cache, Docker, the distribution's packages. */
export async function mysqlProgram(): Promise<MysqlProgram> {
  const sources = [
    ...['mysqld', ...USUAL_FOLDERS.map((folder) => `${folder}/mysqld`)].map(
      (path) => () => probe([path, '--no-defaults']),
    ),
    async () => probeIf(await cachedMysql()),
    async () => probeIf(await dockerMysql()),
    async () => probeIf(await step('MySQL from the distribution, into .dev/cache', installMysql)),
  ];
  const failures: string[] = [];
  for (const source of sources) {
    try {
      const program = await source();
      if (program === undefined) continue;
      await template(program); // one that cannot make its data here (AppArmor, …) is of no use
      return program;
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new DevError(
    `No MySQL server program. Put mysqld 8.0 or later on PATH, or set STERNA_TEST_MYSQL and STERNA_TEST_MYSQL_B to the DSNs ` +
      `of two servers that tests may use.\n${failures.join('\n')}`,
  );
}

/** Starts a server in the foreground of its process: the command line. */
export function mysqlCommand({ command }: MysqlProgram, folder: string, options: readonly string[]): string[] {
  return [...command, ...COMMON, `--datadir=${folder}`, ...options];
}

/** A fresh data folder: root without password, from 127.0.0.1 only. Its server gets an identity of its own. */
export async function createDataFolder(program: MysqlProgram, folder: string): Promise<void> {
  const unfinished = `${folder}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await cp(await template(program), unfinished, { recursive: true });
  await rename(unfinished, folder);
}

export function dataFolder(program: MysqlProgram, name: string): string {
  return path.join(DEV, 'mysql', program.version, name);
}

/** Initialising takes seconds, copying does not. */
async function template(program: MysqlProgram): Promise<string> {
  const folder = dataFolder(program, 'template');
  if (existsSync(folder)) return folder;
  await mkdir(path.dirname(folder), { recursive: true });
  await withLock(`${folder}.lock`, async () => {
    if (existsSync(folder)) return;
    await step(`MySQL ${program.version}: data folder`, async () => {
      const unfinished = `${folder}.new`;
      await rm(unfinished, { recursive: true, force: true });
      const options = ['--initialize-insecure', '--skip-log-bin', '--innodb-redo-log-capacity=8M'];
      const [head = '', ...rest] = mysqlCommand(program, unfinished, options);
      await run(head, rest);
      await rm(path.join(unfinished, 'auto.cnf'), { force: true }); // holds the server's UUID
      await rename(unfinished, folder);
    });
  });
  return folder;
}

async function probe(command: readonly string[]): Promise<MysqlProgram | undefined> {
  const [head = '', ...rest] = command;
  const { code, output } = await capture(head, [...rest, '--version'], { timeoutMs: 60_000 });
  const version = /Ver (\d+\.\d+\.\d+)/.exec(output)?.[1];
  if (code !== 0 || version === undefined || output.includes('MariaDB') || Number.parseInt(version, 10) < 8)
    return undefined;
  return { command, version };
}

async function probeIf(command: readonly string[] | undefined): Promise<MysqlProgram | undefined> {
  return command === undefined ? undefined : probe(command);
}

/** Runs the server of the official image on our own folders and ports. Untried: no daemon where this was built. */
async function dockerMysql(): Promise<string[] | undefined> {
  if ((await capture('docker', ['info'], { timeoutMs: 5_000 })).code !== 0) return undefined;
  const user = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
  return [
    ...['docker', 'run', '--rm', '--init', '--network=host', `--user=${user}`, `--volume=${DEV}:${DEV}`],
    ...['--entrypoint=mysqld', DOCKER_IMAGE, '--no-defaults'],
  ];
}
