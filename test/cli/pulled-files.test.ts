import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writePulled } from '../../src/cli/pulled-files.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sterna-pull-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

it('writes a file for each table, in the folder of its namespace', async () => {
  const files = await writePulled(folder, { shop: { 'a b.sql': 'A', 'ü.sql': 'B' } });
  expect(files).toEqual([path.join(folder, 'shop/a b.sql'), path.join(folder, 'shop/ü.sql')]);
  expect(await readFile(path.join(folder, 'shop/ü.sql'), 'utf8')).toBe('B');
});

it.each([
  [{ shop: { 't.sql': 'A', '../../x.sql': 'B' } }, '../../x.sql'],
  [{ shop: { 'a/b.sql': 'B' } }, 'a/b.sql'],
  [{ '..': { 't.sql': 'B' } }, '..'],
  [{ 'a/../..': { 't.sql': 'B' } }, 'a/../..'],
])('writes nothing when the name of a table would lead elsewhere: %j', async (schema, name) => {
  await expect(writePulled(folder, schema)).rejects.toMatchObject({
    code: 'not_supported',
    message: expect.stringContaining(JSON.stringify(name)) as string,
  });
  expect(await readdir(folder)).toEqual([]);
});
