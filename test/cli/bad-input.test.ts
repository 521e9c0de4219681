import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestAccount } from '../support/account.js';
import { TestDataPlane } from '../support/data-plane.js';
import { expectNoLeaks } from '../support/leaks.js';
import { MysqlProcess } from '../support/mysql-process.js';
import { TestNamespace } from '../support/namespace.js';
import { dsn } from '../support/servers.js';

/** What people do wrong, through the whole stack: a code, its exit, and a target that is as it was. */
let server: MysqlProcess;
let reader: TestAccount;
let plane: TestDataPlane;
/** On the server that the others use, and on one whose settings do not fit. */
let space: TestNamespace;
let odd: TestNamespace;
beforeAll(async () => {
  server = await MysqlProcess.start({ options: ['--binlog-row-image=MINIMAL'] });
  space = await TestNamespace.create('input');
  odd = await TestNamespace.create('odd', server.server);
  reader = await TestAccount.create({
    grants: [`SELECT ON \`${space.name}\`.*`, 'ALL ON `\\_sterna\\_ws\\_%`.*', 'REPLICATION CLIENT ON *.*'],
  });
  plane = await TestDataPlane.create(
    'input',
    [
      '  odd: { environment: test, dsn: "env:DSN_ODD", require_writer: true }',
      '  reader: { environment: test, dsn: "env:DSN_READER" }',
      '',
    ].join('\n'),
  );
  Object.assign(plane.env, { DSN_ODD: dsn(server.server), DSN_READER: dsn(reader.server) });
  await plane.startWorker();
});
afterAll(async () => {
  await plane.stopWorkers();
  await expectNoLeaks({ namespaces: [space], users: [plane.account.user, reader.user] });
  await expectNoLeaks({ server: server.server, namespaces: [odd] });
  await plane[Symbol.asyncDispose]();
  await Promise.all([space.drop(), reader.drop(), odd.drop()]);
  await server[Symbol.asyncDispose]();
});
const TABLE = 'CREATE TABLE t (id INT PRIMARY KEY, k INT)';
beforeEach(async () => {
  for (const each of [space, odd]) {
    await each.query('DROP TABLE IF EXISTS t');
    await each.query(TABLE);
    await each.query('INSERT INTO t VALUES (1, 1)');
  }
});

interface Answer {
  readonly exit: number;
  readonly code?: string;
  readonly message?: string;
  readonly state?: string;
  readonly changeId?: string;
}

async function sterna(...args: string[]): Promise<Answer> {
  const { code: exit, stdout } = await plane.sterna(...args, '--json');
  return { ...(JSON.parse(stdout) as object), exit };
}

function alter(target: string, namespace: TestNamespace, what: string, ...more: string[]): Promise<Answer> {
  return sterna(
    'alter',
    ...['-t', target, '-e', 'test', '-n', namespace.name],
    `ALTER TABLE t ${what}`,
    ...['-y', '--watch', ...more],
  );
}

async function folder(files: Record<string, string | Buffer>, settings?: string): Promise<string> {
  const place = path.join(plane.folder, `schema-${Math.random().toString(36).slice(2)}`);
  await mkdir(path.join(place, space.name), { recursive: true });
  for (const [name, sql] of Object.entries(files)) await writeFile(path.join(place, space.name, name), sql);
  if (settings !== undefined) await writeFile(path.join(place, 'sterna.yaml'), settings);
  return place;
}

function plan(files: Record<string, string | Buffer>, settings?: string): Promise<Answer> {
  return folder(files, settings).then((place) => sterna('plan', '-t', plane.target, '-e', 'test', '-s', place));
}

async function definition(of: TestNamespace): Promise<unknown> {
  return (await of.query('SHOW CREATE TABLE t'))[0]?.['Create Table'];
}

describe('a server that does not fit', () => {
  it('is not the writer', async () => {
    await odd.query('SET GLOBAL super_read_only = 1');
    try {
      expect(await alter('odd', odd, 'ADD COLUMN a INT')).toMatchObject({ exit: 3, code: 'not_the_writer' });
    } finally {
      await odd.query('SET GLOBAL super_read_only = 0');
      await odd.query('SET GLOBAL read_only = 0');
    }
  });

  it('has a binlog without whole rows: an instant change runs, a copy is refused with the setting', async () => {
    expect(await alter('odd', odd, 'ADD COLUMN a INT')).toMatchObject({ exit: 0, state: 'completed' });
    const before = await definition(odd);
    const refused = await alter('odd', odd, 'MODIFY k BIGINT');
    expect(refused).toMatchObject({ exit: 3, code: 'binlog_unsuitable' });
    expect(refused.message).toContain('binlog_row_image');
    expect(await definition(odd)).toBe(before);
  });

  it('gives the user too little: the GRANT is named', async () => {
    const before = await definition(space);
    const refused = await alter('reader', space, 'ADD COLUMN a INT');
    expect(refused).toMatchObject({ exit: 3, code: 'missing_privilege' });
    expect(refused.message).toMatch(
      new RegExp(`GRANT .*ALTER.* ON \`${space.name.replaceAll('_', String.raw`\\_`)}\`\\.\\*`),
    );
    expect(await definition(space)).toBe(before);
  });
});

describe('desired files', () => {
  it.each([
    ['two statements', `${TABLE}; DROP TABLE t;`, 't.sql:1:45'],
    ['a syntax error, which the server finds', 'CREATE TABLE t (\n  id INT PRIMARY KEY,\n  k INTT\n)', 't.sql:3:5'],
    ['a table of another name', 'CREATE TABLE u (id INT PRIMARY KEY)', 't.sql:1:14'],
    ['a character of another encoding', Buffer.from('CREATE TABLE t (\u00e9 INT)', 'latin1'), 't.sql:1:17'],
  ])('with %s are refused with their place', async (_, sql, place) => {
    const refused = await plan({ 't.sql': sql });
    expect(refused).toMatchObject({ exit: 2, code: 'schema_file_invalid' });
    expect(refused.message).toContain(place);
  });

  it('with an unknown setting beside them are refused with its name', async () => {
    const refused = await plan({ 't.sql': TABLE }, 'tragets: x\n');
    expect(refused).toMatchObject({ exit: 2, code: 'config_invalid' });
    expect(refused.message).toContain('tragets');
  });
});

it('a table that cannot be copied is refused with the reason (P3)', async () => {
  await space.query('CREATE TRIGGER watcher BEFORE INSERT ON t FOR EACH ROW SET NEW.k = 1');
  const refused = await alter(plane.target, space, 'MODIFY k BIGINT', '--allow-unsafe');
  expect(refused).toMatchObject({ exit: 4, code: 'plan_blocked' });
  expect(refused.message).toContain('triggers');
});

it('a worker file with an unknown field is refused with its path', async () => {
  const file = path.join(plane.folder, 'typo.yaml');
  await writeFile(file, `dataPlane: ${plane.name}\ninventory: inventory.yaml\ncopySlot: 3\n`);
  const refused = await sterna('worker', '-c', file);
  expect(refused).toMatchObject({ exit: 2, code: 'config_invalid' });
  expect(refused.message).toContain('copySlot');
});

it('an approval of another plan is refused, and so is a table that changed since (P1)', async () => {
  const { changeId = '' } = await plan({ 't.sql': 'CREATE TABLE t (id INT PRIMARY KEY, k BIGINT)' });
  await expect(
    plane.client.send(changeId, 'apply', { caller: 'test', planHash: 'f'.repeat(64) }),
  ).rejects.toMatchObject({ code: 'plan_hash_differs' });
  await space.query('ALTER TABLE t ADD COLUMN surprise INT');
  const before = await definition(space);
  expect(await sterna('apply', changeId, '--watch')).toMatchObject({ exit: 3, code: 'drifted', changeId });
  expect(await definition(space)).toBe(before);
});

it('a second change on a target is refused with the name of the one that holds it (C4)', async () => {
  const first = await alter(plane.target, space, 'MODIFY k BIGINT', '--defer-cutover');
  expect(first).toMatchObject({ exit: 0, state: 'waiting_for_cutover' });
  const second = await alter(plane.target, space, 'ADD COLUMN a INT');
  expect(second).toMatchObject({ exit: 3, code: 'target_held' });
  expect(second.message).toContain(first.changeId);
  expect(await sterna('resume', first.changeId ?? '')).toMatchObject({ exit: 3, code: 'control_refused' });
  expect(await sterna('cancel', first.changeId ?? '')).toMatchObject({ exit: 0 });
  expect((await sterna('watch', first.changeId ?? '')).state).toBe('cancelled');
});
