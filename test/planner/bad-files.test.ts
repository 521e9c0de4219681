import { chmod, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readSchemaFolder } from '../../src/cli/schema-folder.js';
import type { Plan } from '../../src/contract/index.js';
import { MysqlServer } from '../../src/mysql/index.js';
import { planChange } from '../../src/planner/index.js';
import { BAD_FILES } from '../support/bad-files.js';
import { TestNamespace } from '../support/namespace.js';
import { connectionConfig, testServers } from '../support/servers.js';
import { dependencies, request } from './planning.js';

/** As `sterna plan -s` does it: the folder is read, then planned from; whatever is wrong, the target stays as it is. */
let server: MysqlServer;
let space: TestNamespace;
let folder: string;
let before: unknown;
beforeAll(async () => {
  server = await MysqlServer.open(connectionConfig(testServers().mysqlA));
  space = await TestNamespace.create('badfiles');
  await space.query('CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1), (2)');
  before = await contents();
});
afterAll(async () => {
  await server.close();
  await space.drop();
});
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sterna-bad-'));
  await chmod(folder, 0o755);
  await mkdir(place());
});
afterEach(async () => {
  expect(await contents(), 'the target is as it was').toEqual(before);
  expect(server.openSessions).toBe(0);
  await chmod(place(), 0o755).catch(() => undefined); // some have none
  await rm(folder, { recursive: true });
});

async function contents(): Promise<unknown> {
  return [await space.tables(), await space.query('SHOW CREATE TABLE t'), await space.query('SELECT * FROM t')];
}

const place = (file = ''): string => path.join(folder, space.name, file);

async function plan(): Promise<Plan> {
  const { schema } = await readSchemaFolder(folder);
  return planChange(dependencies(server), request({ schema }));
}

async function expectRefused(code: string, where: string, text: string): Promise<void> {
  const error: unknown = await plan().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: 'SternaError', code, message: expect.stringContaining(where) as string });
  expect(error).toMatchObject({ message: expect.stringContaining(text) as string });
}

describe('a desired file', () => {
  it.each(BAD_FILES)(
    'that is wrong is refused with its place: $what',
    async ({ files, code = 'schema_file_invalid', place: at, text }) => {
      for (const [name, sql] of Object.entries(files)) await writeFile(place(name), sql);
      const where = at.includes(':') ? `${space.name}/${at}: ` : path.join(space.name, at);
      await expectRefused(code, where, text);
    },
  );

  it.each([
    ['another encoding', Buffer.from("-- t\nCREATE TABLE t (id INT COMMENT 'caf\u00e9')", 'latin1'), '2:36', '0xe9'],
    ['UTF-16', Buffer.from('\ufeffCREATE TABLE t (id INT)', 'utf16le'), '1:1', '0xff'],
    ['half a character at its end', Buffer.from('CREATE TABLE t (id INT) -- \u20ac').subarray(0, -1), '1:28', 'UTF-8'],
  ])('in %s is refused with the place of the first wrong byte', async (_, bytes, at, text) => {
    await writeFile(place('t.sql'), bytes);
    await expectRefused('schema_file_invalid', `${place('t.sql')}:${at}: expected UTF-8`, text);
  });

  it('that is much too large is refused before it is read', async () => {
    await writeFile(place('t.sql'), '');
    await truncate(place('t.sql'), 5 * 2 ** 30);
    await expectRefused('schema_too_large', `${place('t.sql')}: expected at most 1048576 bytes`, 'found 5368709120');
  });

  it.each([
    ['a folder', () => mkdir(place('t.sql')), 'it is a folder'],
    ['a link to nothing', () => symlink('nowhere', place('t.sql')), 'ENOENT'],
    ['a link to itself', () => symlink('t.sql', place('t.sql')), 'ELOOP'],
    ['a device', () => symlink('/dev/null', place('t.sql')), 'it is no file'],
    [
      'a file of somebody else',
      async () => {
        await writeFile(place('t.sql'), 'CREATE TABLE t (id INT)', { mode: 0o600 });
        await chmod(place('t.sql'), 0o000);
      },
      'EACCES',
    ],
  ])('that cannot be read is refused, never left out: %s (P5)', async (_, make, text) => {
    await writeFile(place('a.sql'), 'CREATE TABLE a (id INT)');
    await make();
    const user = process.geteuid?.();
    // Root may read everything.
    if (user === 0) process.seteuid?.(65_534);
    try {
      await expect(readSchemaFolder(folder)).rejects.toMatchObject({
        code: 'schema_file_invalid',
        message: `${place('t.sql')}:1:1: expected a file that can be read: ${text}.`,
      });
    } finally {
      if (user === 0) process.seteuid?.(0);
    }
  });

  it('may be a link to a file, in a folder that is a link', async () => {
    await rm(place(), { recursive: true });
    await mkdir(path.join(folder, '.elsewhere'));
    await writeFile(path.join(folder, '.elsewhere/table'), '\ufeffCREATE TABLE t (id INT PRIMARY KEY);\n');
    await symlink('table', path.join(folder, '.elsewhere/t.sql'));
    await symlink('.elsewhere', place());
    await writeFile(path.join(folder, 'sterna.yaml'), `namespaces: [${space.name}]`);
    expect((await plan()).tasks).toEqual([]);
  });
});

describe('a schema folder', () => {
  it('for a namespace that is not there is refused with its name', async () => {
    await mkdir(path.join(folder, 'sternatest_nowhere'));
    await writeFile(path.join(folder, 'sternatest_nowhere/t.sql'), 'CREATE TABLE t (id INT)');
    await writeFile(place('t.sql'), 'CREATE TABLE t (id INT PRIMARY KEY)');
    await expectRefused('namespace_unknown', 'Expected namespace sternatest_nowhere on the server', 'found none');
  });

  it.each([
    ['that is no YAML', 'target: [a\n', 'config_invalid', 'sterna.yaml:2:1: expected YAML: '],
    ['that is a list', '- a\n', 'config_invalid', 'sterna.yaml: the document: '],
    ['with an unknown setting', 'tables: 1\n', 'config_invalid', 'sterna.yaml: the document: '],
  ])('with settings %s is refused with their place', async (_, text, code, message) => {
    await writeFile(path.join(folder, 'sterna.yaml'), text);
    await writeFile(place('t.sql'), 'CREATE TABLE t (id INT PRIMARY KEY)');
    await expectRefused(code, message, 'sterna.yaml');
  });

  it('whose settings cannot be read is refused', async () => {
    await mkdir(path.join(folder, 'sterna.yaml'));
    await expectRefused('config_invalid', 'sterna.yaml: expected a file that can be read: ', 'EISDIR');
  });
});
