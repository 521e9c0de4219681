import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DevError } from './failure.js';
import { CACHE } from './paths.js';
import { capture, run } from './run.js';

/**
 * Debian stable has no MySQL; the unstable suite has. Its packages are unpacked into a folder of ours and run
 * with the libraries that came with them. Nothing is installed into the system.
 */
const FOLDER = path.join(CACHE, 'mysql');
const FILES = path.join(FOLDER, 'root');
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** The command line of the unpacked server, if it is there. */
export async function cachedMysql(): Promise<string[] | undefined> {
  if (!existsSync(FILES)) return undefined;
  const lib = path.join(FILES, 'usr/lib');
  for (const platform of await readdir(lib)) {
    const libraries = path.join(lib, platform);
    const loader =
      platform.endsWith('-linux-gnu') && (await readdir(libraries)).find((file) => /^ld-linux.*\.so/.test(file));
    if (!loader) continue;
    return [
      ...[
        path.join(libraries, loader),
        '--library-path',
        libraries,
        path.join(FILES, 'usr/sbin/mysqld'),
        '--no-defaults',
      ],
      ...[`--lc-messages-dir=${FILES}/usr/share/mysql`, `--plugin-dir=${lib}/mysql/plugin`],
    ];
  }
  return undefined;
}

export async function installMysql(): Promise<string[] | undefined> {
  if (!existsSync(KEYRING)) throw new DevError('Not a Debian: no packages to take MySQL from.');
  const work = path.join(FOLDER, 'apt');
  await rm(work, { recursive: true, force: true });
  for (const folder of ['lists/partial', 'cache/archives/partial'])
    await mkdir(path.join(work, folder), { recursive: true });
  await writeFile(path.join(work, 'status'), '');
  await writeFile(path.join(work, 'sources.list'), `deb [signed-by=${KEYRING}] ${await mirror()} sid main\n`);
  const apt = (...args: string[]): Promise<string> => run('apt-get', [...privateApt(work), ...args]);
  await apt('update');
  await apt('install', '--yes', '--download-only', '--no-install-recommends', 'mysql-server-core');

  const archives = path.join(work, 'cache/archives');
  const unpacked = path.join(work, 'root');
  for (const file of await readdir(archives)) {
    if (file.endsWith('.deb')) await run('dpkg-deb', ['--extract', path.join(archives, file), unpacked]);
  }
  await rm(FILES, { recursive: true, force: true });
  await rename(unpacked, FILES);
  await rm(work, { recursive: true, force: true });
  return cachedMysql();
}

/** The mirror that this machine uses for its own packages. */
async function mirror(): Promise<string> {
  const { output } = await capture('apt-get', ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages']);
  const found = output.split('\n').find((uri) => /\/debian\/?$/.test(uri) && !uri.includes('security'));
  if (found === undefined) throw new DevError('Expected a mirror of Debian in the sources of apt-get, found none.');
  return found;
}

/** Options that keep apt-get away from the system: its lists, its idea of what is installed, its cache. */
function privateApt(work: string): string[] {
  const options = {
    'Dir::State::lists': `${work}/lists`,
    'Dir::State::status': `${work}/status`,
    'Dir::Cache': `${work}/cache`,
    'Dir::Etc::sourcelist': `${work}/sources.list`,
    'Dir::Etc::sourceparts': '/dev/null',
    'APT::Sandbox::User': 'root',
  };
  return Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}
