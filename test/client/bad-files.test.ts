import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SchemaChangeInput } from '../../src/contract/index.js';
import { BAD_FILES } from '../support/bad-files.js';
import { TestDataPlane } from '../support/data-plane.js';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace } from '../support/namespace.js';

/** The same without the CLI: a control plane sends texts, and the worker has to know by itself what is wrong with them. */
let plane: TestDataPlane;
let space: TestNamespace;
let before: unknown;
beforeAll(async () => {
  space = await TestNamespace.create('sent');
  await space.query('CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1), (2)');
  before = await contents();
  plane = await TestDataPlane.create('sent');
  await plane.startWorker();
});
afterAll(async () => {
  await plane.stopWorkers();
  await expectNoLeaks({ namespaces: [space], users: [plane.account.user] });
  await plane[Symbol.asyncDispose]();
  await space.drop();
});
afterEach(async () => {
  expect(await contents(), 'the target is as it was').toEqual(before);
});

async function contents(): Promise<unknown> {
  return [await space.tables(), await space.query('SHOW CREATE TABLE t'), await space.query('SELECT * FROM t')];
}

/** Plans and applies in one go, with every consent: nothing but the files stands in the way. */
async function change(what: Pick<SchemaChangeInput, 'schema' | 'statements'>): Promise<unknown> {
  const options = { autoApply: true, allowUnsafe: true };
  const id = await plane.client.start({ target: plane.target, environment: 'test', ...what, options });
  return plane.client.result(id).catch((error: unknown) => error);
}

describe('files that are sent', () => {
  it.each(BAD_FILES)(
    'and are wrong end the change with their place: $what',
    async ({ files, code = 'schema_file_invalid', place, text }) => {
      const error = await change({ schema: { [space.name]: files } });
      const where = place === '' ? space.name : `${space.name}/${place}: `;
      expect(error).toMatchObject({ name: 'SternaError', code, message: expect.stringContaining(where) as string });
      expect(error).toMatchObject({ message: expect.stringContaining(text) as string });
    },
  );

  it('and hold half a character are refused: it has no bytes that could be sent to the server', async () => {
    const sql = "CREATE TABLE t (id INT PRIMARY KEY COMMENT '\ud83d')";
    const error = await change({ schema: { [space.name]: { 't.sql': sql } } });
    expect(error).toMatchObject({
      code: 'schema_file_invalid',
      message: expect.stringContaining(`${space.name}/t.sql:1:45: expected text, found half of a character`) as string,
    });
  });

  it('and make a plan that Temporal does not take are refused with its size', async () => {
    // Each column has a comment of random letters, which the plan has twice: in the statement and in the definition.
    const table = (name: string): string => {
      const columns = Array.from(
        { length: 700 },
        (_, i) => `c${i} INT COMMENT '${randomBytes(768).toString('base64')}'`,
      );
      return `CREATE TABLE ${name} (id INT PRIMARY KEY,\n${columns.join(',\n')})`;
    };
    const error = await change({ schema: { [space.name]: { 'a.sql': table('a'), 'b.sql': table('b') } } });
    expect(error).toMatchObject({
      code: 'schema_too_large',
      message: expect.stringMatching(
        /^Expected the plan of 3 tables to have at most 2064384 bytes .* Plan fewer/,
      ) as string,
    });
  });
});

it.each([
  [
    'a namespace that is not there',
    { sternatest_nowhere: { 't.sql': 'CREATE TABLE t (id INT)' } },
    'namespace_unknown',
    'sternatest_nowhere',
  ],
  ['no namespace', {}, 'schema_empty', 'at least one namespace'],
])('%s ends the change', async (_, schema, code, text) => {
  expect(await change({ schema })).toMatchObject({ code, message: expect.stringContaining(text) as string });
});

it.each([
  ['a syntax error', 'ALTER TABLE t\n ADD k INTT', '2:8', "near 'INTT'"],
  ['two statements', 'ALTER TABLE t ADD k INT;\nDROP TABLE t', '2:1', 'one statement'],
  ['a NUL character', "ALTER TABLE t COMMENT='\0'", '1:24', 'NUL'],
])('a statement with %s ends the change with its place', async (_, sql, place, text) => {
  const error = await change({ statements: { [space.name]: [sql] } });
  expect(error).toMatchObject({
    code: 'statement_invalid',
    message: expect.stringContaining(`${space.name}, statement 1:${place}: expected`) as string,
  });
  expect(error).toMatchObject({ message: expect.stringContaining(text) as string });
});
