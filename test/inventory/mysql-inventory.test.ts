import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { freePort } from '../../tools/dev/ports.js';
import { bindRequest, mistakesInSql } from '../../src/inventory/inventory-sql.js';
import { TestAccount } from '../support/account.js';
import { TestNamespace } from '../support/namespace.js';
import { dsn } from '../support/servers.js';
import { until } from '../support/until.js';
import { InventoryFolder } from './inventory-folder.js';
import { createInventoryTable, LIST, RESOLVE } from './inventory-table.js';

let space: TestNamespace;
let folder: InventoryFolder;
beforeAll(async () => {
  space = await TestNamespace.create('inventory');
  await createInventoryTable(space, {
    a: [{ environment: 'x', dsn: 'env:A' }],
    b: [{ environment: 'x', dsn: 'env:A' }],
  });
});
beforeEach(async () => {
  folder = await InventoryFolder.create();
  Object.assign(folder.env, { A: 'mysql://u:p@h/', INVENTORY: dsn(space.server) });
});
afterEach(() => folder[Symbol.asyncDispose]());
afterAll(() => space.drop());

const open = (fields: object = {}) =>
  folder.open({ mysql: { dsn: 'env:INVENTORY', resolve: RESOLVE(space.name), ...fields } });
const a = { target: 'a', environment: 'x' };

it('finds the one target that is asked for, also where SQL gives all', async () => {
  const inventory = await open({
    resolve: `SELECT target, environment, dsn FROM ${space.name}.targets WHERE :target <> ''`,
  });
  expect((await inventory.resolve(a)).target).toBe('a');
  await expect(inventory.resolve({ target: 'A', environment: 'x' })).rejects.toMatchObject({ code: 'target_unknown' });
});

it('tells the environment and type that are asked for', async () => {
  const inventory = await open({
    resolve: "SELECT :target AS target, :environment AS environment, 'env:A' AS dsn, CONCAT(:type, '-') AS type",
  });
  await expect(inventory.resolve({ target: 'it\'s "a\\', environment: 'y' })).rejects.toMatchObject({
    code: 'target_type_mismatch',
    message: expect.stringContaining('mysql-') as string,
  });
});

it.each([
  [
    'a column that it does not know',
    "SELECT 'a' AS target, 'x' AS environment, 'env:A' AS dsn, 1 AS requires_writer, :target",
    'requires_writer',
  ],
  ['a row without environment', "SELECT :target AS target, 'env:A' AS dsn", 'environment'],
  ['rows without key', "SELECT :target AS key_of_it, 'x' AS environment, 'env:A' AS dsn", 'the column target'],
  [
    'a text that is no JSON',
    "SELECT :target AS target, 'x' AS environment, 'env:A' AS dsn, '{hunter2' AS labels",
    'labels: expected JSON',
  ],
  [
    'a flag that is neither 0 nor 1',
    "SELECT :target AS target, 'x' AS environment, 'env:A' AS dsn, 2 AS require_writer",
    'require_writer',
  ],
  ['half an address', "SELECT :target AS target, 'x' AS environment, 'h' AS host, 'u' AS user", 'address.password'],
  [
    'two rows',
    "SELECT :target AS target, 'x' AS environment, 'env:A' AS dsn UNION ALL SELECT :target, 'x', 'env:A'",
    'one row for an environment',
  ],
])('refuses %s', async (_, resolve, text) => {
  const error: unknown = await (await open({ resolve })).resolve(a).catch((found: unknown) => found);
  expect(error).toMatchObject({ code: 'config_invalid', message: expect.stringContaining(text) as string });
  expect(String(error)).not.toContain('hunter2');
});

it('cannot list without a statement for it', async () => {
  await expect((await open()).list()).rejects.toMatchObject({ code: 'not_supported' });
  expect(await (await open({ list: LIST(space.name) })).list()).toHaveLength(2);
});

it('takes an empty table for a fault: nothing is removed by it (R5)', async () => {
  const inventory = await open({ list: `${LIST(space.name)} WHERE FALSE` });
  await expect(inventory.list()).rejects.toMatchObject({ code: 'inventory_unavailable' });
});

it.each([
  ['a server that is away', async () => `mysql://secret-user:hunter2@127.0.0.1:${await freePort()}/`, {}],
  ['a refused password', () => dsn({ ...space.server, user: 'secret-user', password: 'hunter2' }), {}],
  [
    'a table that is not there',
    () => dsn(space.server),
    { resolve: 'SELECT * FROM nowhere.at_all WHERE target = :target' },
  ],
  [
    'a statement that writes',
    () => dsn(space.server),
    { resolve: 'CREATE TABLE sterna_never.t AS SELECT :target AS target' },
  ],
])('%s leaves the target unknown to nobody: unavailable (R2, R5)', async (_, address, fields) => {
  folder.env.INVENTORY = await address();
  const error: unknown = await (await open(fields)).resolve(a).catch((found: unknown) => found);
  expect(error).toMatchObject({ code: 'inventory_unavailable' });
  expect(String(error)).not.toMatch(/secret-user|hunter2|127\.0\.0\.1/);
});

it('writes nothing, whatever the SQL says', async () => {
  const inventory = await open({ resolve: `DELETE FROM ${space.name}.targets WHERE target = :target` });
  await expect(inventory.resolve(a)).rejects.toMatchObject({
    code: 'inventory_unavailable',
    message: expect.stringContaining('READ ONLY') as string,
  });
  expect(await space.query('SELECT target FROM targets')).toHaveLength(2);
});

const SLOW = 'SELECT SLEEP(60), :target AS target';
const sleepers = () =>
  space.query('SELECT 1 FROM performance_schema.processlist WHERE INFO LIKE ?', [
    `SELECT SLEEP(60), 'slow-${space.name}'%`,
  ]);

it('waits no longer than it may, and is broken off by a signal; the server sleeps on for neither', async () => {
  const slow = { target: `slow-${space.name}`, environment: 'x' };
  const inventory = await open({ resolve: SLOW, timeout_seconds: 0.2 });
  await expect(inventory.resolve(slow)).rejects.toMatchObject({
    code: 'inventory_unavailable',
    message: expect.stringContaining('within 0.2 s') as string,
  });
  const abort = new AbortController();
  const patient = (await open({ resolve: SLOW })).resolve(slow, abort.signal);
  await until('the server sleeps', async () => (await sleepers()).length === 1);
  abort.abort(new Error('no more'));
  await expect(patient).rejects.toThrow('no more');
  await until('nobody sleeps', async () => (await sleepers()).length === 0);
});

it('answers many questions with few connections, and keeps none', async () => {
  await using account = await TestAccount.create();
  await space.query(`ALTER USER '${account.user}' WITH MAX_USER_CONNECTIONS 20`);
  folder.env.INVENTORY = dsn(account.server);
  const inventory = await open();
  const all = await Promise.all(Array.from({ length: 100 }, () => inventory.resolve(a)));
  expect(all.every(({ target }) => target === 'a')).toBe(true);
  await until('no connection is left', async () => {
    const left = await space.query('SELECT 1 FROM performance_schema.processlist WHERE USER = ?', [account.user]);
    return left.length === 0;
  });
});

it('goes on after questions that were given up before their turn', async () => {
  const slow = { target: `slow-${space.name}`, environment: 'x' };
  const inventory = await open();
  const abort = new AbortController();
  const given = Array.from({ length: 12 }, () => inventory.resolve(slow, abort.signal));
  abort.abort(new Error('no more'));
  for (const each of given) await expect(each).rejects.toThrow('no more');
  await expect(inventory.resolve(slow)).rejects.toMatchObject({ code: 'target_unknown' });
});

it('tells parameters from texts, names and comments', () => {
  const sql =
    "SELECT ':target', \":type\", `:x`, :target, 'it''s :target', '\\':y' -- :z\n, :environment /* :q */ # :r\n, :target";
  expect(mistakesInSql(sql)).toEqual([]);
  expect(bindRequest(sql, { target: 'a' })).toEqual({
    sql: sql.replace(/(?<=, ):(target|environment)/g, '?'),
    values: ['a', null, 'a'],
  });
  expect(mistakesInSql('SELECT :target, :name, ?')).toEqual([expect.stringContaining(':name, ?')]);
  expect(mistakesInSql("SELECT :target, 'really?'")).toEqual([expect.stringContaining('no question mark')]);
});
