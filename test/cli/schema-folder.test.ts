import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readSchemaFolder } from '../../src/cli/schema-folder.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sterna-schema-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

it('a folder that is empty, or not there, is an error and no wish for no tables (P5)', async () => {
  const empty = { code: 'schema_empty' };
  await expect(readSchemaFolder(path.join(folder, 'nowhere'))).rejects.toMatchObject(empty);
  await expect(readSchemaFolder(folder)).rejects.toMatchObject(empty);
  await mkdir(path.join(folder, 'shop'));
  await writeFile(path.join(folder, 'shop/readme.txt'), 'no table');
  await expect(readSchemaFolder(folder)).rejects.toMatchObject(empty);
  await writeFile(path.join(folder, 'shop/t.sql'), 'CREATE TABLE t (id INT)');
  expect((await readSchemaFolder(folder)).schema).toEqual({ shop: { 't.sql': 'CREATE TABLE t (id INT)' } });
  await writeFile(path.join(folder, 'sterna.yaml'), 'namespaces: [shop, billing]');
  await expect(readSchemaFolder(folder)).rejects.toMatchObject(empty);
});
