import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestDataPlane } from '../support/data-plane.js';
import { TestNamespace } from '../support/namespace.js';

let plane: TestDataPlane;
let space: TestNamespace;
let folder: string;
beforeAll(async () => {
  plane = await TestDataPlane.create('lint');
  space = await TestNamespace.create('lint');
  folder = await mkdtemp(path.join(tmpdir(), 'sterna-lint-'));
  await mkdir(path.join(folder, space.name));
  await write(path.join(space.name, 't.sql'), 'CREATE TABLE t (id BIGINT UNSIGNED PRIMARY KEY, price DOUBLE);\n');
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
  await space.drop();
  await rm(folder, { recursive: true });
});

const write = (name: string, text: string): Promise<void> => writeFile(path.join(folder, name), text);
const settings = (lint: string): Promise<void> =>
  write('sterna.yaml', `target: ${plane.target}\nenvironment: test\n${lint}`);
const lint = (...more: string[]): ReturnType<TestDataPlane['sterna']> => plane.sterna('lint', '-s', folder, ...more);

it('tells what the rules find in a folder; an error is exit code 1, and the target stays as it is', async () => {
  await settings('');
  const told = await lint();
  expect(told).toMatchObject({ code: 0, stderr: '' });
  expect(told.stdout).toContain(`${space.name}.t  info  float: \`price\` (double) is not exact`);
  expect(told.stdout).toContain('1 findings in 1 tables');
  await settings('lint: { float: error }\n');
  const { code, stdout } = await lint('--json');
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    ok: false,
    tables: [{ namespace: space.name, table: 't', findings: [{ rule: 'float', severity: 'error', column: 'price' }] }],
  });
  expect(await space.tables()).toEqual([]);
});

it('names a rule or a level that is none, and a file that is no table, with its place', async () => {
  await settings('lint: { flot: error }\n');
  expect(await lint()).toMatchObject({ code: 2, stderr: expect.stringContaining('flot') as string });
  await settings('lint: { float: loud }\n');
  expect(await lint()).toMatchObject({ code: 2, stderr: expect.stringContaining('float') as string });
  await settings('');
  await write(path.join(space.name, 'u.sql'), 'CREATE TABLE u (id INT,\n  oops);\n');
  expect(await lint()).toMatchObject({ code: 2, stderr: expect.stringMatching(/u\.sql:2/) as string });
});
