import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestDataPlane } from '../support/data-plane.js';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace } from '../support/namespace.js';

let plane: TestDataPlane;
let space: TestNamespace;
beforeAll(async () => {
  plane = await TestDataPlane.create('rollback');
  await plane.startWorker();
  space = await TestNamespace.create('rollback');
});
afterAll(async () => {
  // Dropped tables are kept for a while.
  for (const row of await space.query("SHOW TABLES LIKE '%sterna_dropped%'"))
    await space.query(`DROP TABLE ${String(Object.values(row)[0])}`);
  await expectNoLeaks({ namespaces: [space], taskQueues: [plane.name] });
  await space.drop();
  await plane[Symbol.asyncDispose]();
});

async function json(...args: string[]): Promise<{ code: number; answer: Record<string, unknown> }> {
  const { code, stdout } = await plane.sterna(...args, '--json');
  return { code, answer: JSON.parse(stdout) as Record<string, unknown> };
}

async function definitions(): Promise<Record<string, string>> {
  const tables = (await space.query('SHOW TABLES')).map((row) => String(Object.values(row)[0]));
  const texts = await Promise.all(
    tables
      .filter((table) => !table.startsWith('_'))
      .map(async (table) => [table, String((await space.query(`SHOW CREATE TABLE ${table}`))[0]?.['Create Table'])]),
  );
  return Object.fromEntries(texts) as Record<string, string>;
}

it('plan --rollback-of takes a change back: what it altered, made and dropped, and no other table', async () => {
  await space.query('CREATE TABLE t (id INT PRIMARY KEY, mail VARCHAR(20), note TEXT, KEY (mail))');
  await space.query('CREATE TABLE gone (id INT PRIMARY KEY)');
  await space.query("INSERT INTO t VALUES (1, 'a@b', 'kept')");
  const before = await definitions();
  const folder = path.join(plane.folder, 'schema', space.name);
  await mkdir(folder, { recursive: true });
  const target = ['-t', plane.target, '-e', 'test'];
  await writeFile(
    path.join(folder, 't.sql'),
    'CREATE TABLE t (id BIGINT PRIMARY KEY,\n-- sterna:renamed from=mail\nemail VARCHAR(20), note TEXT, KEY mail (email))',
  );
  await writeFile(path.join(folder, 'made.sql'), 'CREATE TABLE made (id INT PRIMARY KEY)');
  const change = await json('apply', ...target, '-s', path.dirname(folder), '-y', '--watch', '--allow-unsafe');
  expect(change).toMatchObject({ code: 0, answer: { state: 'completed' } });
  // Of somebody else, since then.
  await space.query('CREATE TABLE other (id INT PRIMARY KEY)');

  const id = String(change.answer.changeId);
  const back = await json('plan', '--rollback-of', id, '--allow-unsafe');
  expect(back).toMatchObject({ code: 0, answer: { state: 'planned' } });
  const applied = await json('apply', String(back.answer.changeId), '--allow-unsafe', '--watch');
  expect(applied).toMatchObject({ code: 0, answer: { state: 'completed' } });
  const { other, ...after } = await definitions();
  expect(after).toEqual(before);
  expect(other).toBeDefined();
  expect(await space.query('SELECT * FROM t')).toEqual([{ id: 1, mail: 'a@b', note: 'kept' }]);

  const nothing = await json('plan', '--rollback-of', id);
  expect(nothing).toMatchObject({ code: 0, answer: { state: 'completed', plan: { tasks: [] } } });
});

it('refuses a change that goes on, and one that it does not know', async () => {
  await space.query('CREATE TABLE u (id INT PRIMARY KEY)');
  const statement = 'ALTER TABLE u ADD COLUMN n INT';
  const { answer } = await json('alter', '-t', plane.target, '-e', 'test', '-n', space.name, statement);
  const id = String(answer.changeId);
  expect(await json('plan', '--rollback-of', id)).toMatchObject({ code: 2, answer: { code: 'rollback_impossible' } });
  expect(await json('plan', '--rollback-of', 'no-such-change')).toMatchObject({ answer: { code: 'change_unknown' } });
  expect((await plane.sterna('plan', '--rollback-of', id, '-s', plane.folder)).stderr).toContain('cannot be used with');
  await json('cancel', id);
});
