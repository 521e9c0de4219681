import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MysqlServer } from '../../src/mysql/index.js';
import { TestAccount } from '../support/account.js';
import { MysqlProcess } from '../support/mysql-process.js';
import { TestNamespace } from '../support/namespace.js';
import { BUSY_MACHINE, EngineChange, fill, PLAIN_TABLE } from '../support/online-change.js';
import { connect, connectionConfig } from '../support/servers.js';
import { planTables } from '../planner/planning.js';
import { Writer } from '../support/writer.js';

const ROWS = 4_000;
let server: MysqlProcess;
beforeAll(async () => {
  server = await MysqlProcess.start();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** On a connection of its own, so that every other one begins with what was set. */
async function set(...statements: string[]): Promise<void> {
  const connection = await connect(server.server);
  for (const statement of statements) await connection.query(statement);
  await connection.end();
}

/** A whole change under writes, with an account of every row. */
async function changeUnderWrites(label: string, setting?: string): Promise<void> {
  await using space = await TestNamespace.create(label, server.server);
  await space.query("SET SESSION sql_mode = ''");
  await space.query(PLAIN_TABLE);
  await space.query(
    'ALTER TABLE t ADD COLUMN e VECTOR(2) FIRST, ADD COLUMN code CHAR(12) NOT NULL DEFAULT "it\'s", ADD COLUMN gone VARCHAR(9)',
  );
  await fill(space, 't', ROWS);
  await space.query(
    "UPDATE t SET code = CONCAT('c', id % 97), gone = 'back\\\\s', e = TO_VECTOR(CONCAT('[', id, ',0.5]')) WHERE id % 3 = 0",
  );
  if (setting !== undefined) await set(`SET GLOBAL ${setting}`); // for every session to come
  await using change = await EngineChange.plan(
    space,
    't',
    "MODIFY k BIGINT NOT NULL COMMENT 'it''s \\\\ k', ADD COLUMN extra VARCHAR(20) NOT NULL DEFAULT 'a''b'",
  );
  const writer = await Writer.start({ server: server.server, namespace: space.name, table: 't', rate: 100 });
  await change.prepare();
  await change.control({ volume: 6 });
  await change.copy();
  await change.cutOver();
  await writer.stop();
  await change.cleanUp();
  expect(writer.acknowledged).toBeGreaterThan(10);
  expect(writer.uncertain.size).toBe(0);
  expect(await writer.differences(space.connection)).toEqual([]);
  const journal = [...writer.journal];
  const [count] = await space.query<{ n: string }>('SELECT COUNT(*) AS n FROM t');
  const isOriginal = (id: number): boolean => id >= 1 && id <= ROWS;
  const inserted = journal.filter(([id, row]) => !isOriginal(id) && row !== null).length;
  const deleted = journal.filter(([id, row]) => isOriginal(id) && row === null).length;
  expect(Number(count?.n)).toBe(ROWS + inserted - deleted);
  expect(await space.query('SELECT COUNT(*) AS n FROM t WHERE extra = ?', ["a'b"])).toEqual([count]);
  // What nobody wrote to is as it was, to the letter.
  const [odd] = await space.query<{ n: string }>(
    `SELECT COUNT(*) AS n FROM t WHERE id BETWEEN 1 AND ${ROWS} AND id NOT IN (${[0, ...writer.journal.keys()].join(', ')}) AND NOT IF(id % 3 = 0, code = CONCAT('c', id % 97) AND gone = 'back\\\\s' AND e = TO_VECTOR(CONCAT('[', id, ',0.5]')), code = 'it''s' AND gone IS NULL AND e IS NULL)`,
  );
  expect(odd?.n).toBe('0');
  expect(await space.tables()).toEqual(['t']);
}

describe('a whole change under writes on a server with', () => {
  it.each<[string, string, string]>([
    ['ansi', "sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH,PIPES_AS_CONCAT'", 'sql_mode'],
    ['traditional', "sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY,HIGH_NOT_PRECEDENCE,IGNORE_SPACE'", 'sql_mode'],
    ['keys', 'sql_require_primary_key = ON', 'sql_require_primary_key'],
    ['checksum', "binlog_checksum = 'NONE'", 'binlog_checksum'],
    ['metadata', "binlog_row_metadata = 'FULL'", 'binlog_row_metadata'],
    ['packet', 'max_allowed_packet = 65536', 'max_allowed_packet'],
    ['cache', 'max_binlog_cache_size = 131072', 'max_binlog_cache_size'],
  ])('%s: %s', async (label, setting, name) => {
    try {
      await changeUnderWrites(label, setting);
    } finally {
      await set(`SET GLOBAL ${name} = DEFAULT`);
    }
  });

  it('NO_BACKSLASH_ESCAPES, where what the server shows is read with them all the same', async () => {
    await using space = await TestNamespace.create('escapes', server.server);
    await space.query(`CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(9) DEFAULT 'a\\\\b', b BINARY(3) DEFAULT 'a')`);
    await set("SET GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES'");
    try {
      await using planner = await MysqlServer.open(connectionConfig(server.server));
      const wanted = `CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(9) DEFAULT 'a\\\\b', b BINARY(3) DEFAULT 'a', n INT, KEY n (n))`;
      const [task] = (await planTables(planner, space.name, [wanted])).tasks;
      expect(task).toMatchObject({ execution: 'copy', safety: 'safe' });
      if (task === undefined) return;
      await using change = await EngineChange.of(space, task);
      await change.run();
      expect(await space.query('SHOW CREATE TABLE t')).toMatchObject([
        { 'Create Table': expect.stringContaining("DEFAULT 'a\\\\b'") as string },
      ]);
    } finally {
      await set('SET GLOBAL sql_mode = DEFAULT');
    }
  });

  it('innodb_autoinc_lock_mode = 1', async () => {
    await server.stop();
    await server.start(['--innodb-autoinc-lock-mode=1']);
    await changeUnderWrites('autoinc');
  });
});

it('a user without a free connection fails as unreachable, leaves nothing behind, and goes on later', async () => {
  await using space = await TestNamespace.create('connections', server.server);
  await space.query(PLAIN_TABLE);
  await fill(space, 't', ROWS);
  await using account = await TestAccount.create({ server: server.server });
  await using narrow = await MysqlServer.open(connectionConfig(account.server));
  await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
  const own = change.as(narrow, { replicas: [], limits: BUSY_MACHINE });
  await own.prepare();
  const openNow = async (): Promise<number> => {
    const [row] = await space.query<{ n: string }>(
      'SELECT COUNT(*) AS n FROM information_schema.PROCESSLIST WHERE USER = ?',
      [account.user],
    );
    return Number(row?.n);
  };
  for (const most of [2, 3, 4]) {
    await space.query(`ALTER USER '${account.user}' WITH MAX_USER_CONNECTIONS ${most}`);
    await expect(own.copy()).rejects.toMatchObject({ code: 'server_unreachable' });
    await expect.poll(openNow, { timeout: 20_000 }).toBeLessThan(2); // one of the pool
  }
  await space.query(`ALTER USER '${account.user}' WITH MAX_USER_CONNECTIONS 0`);
  await own.copy();
  await own.cutOver();
  await own.cleanUp();
  expect(await space.query('SELECT COUNT(*) AS n, SUM(k = id) AS same FROM t')).toEqual([
    { n: String(ROWS), same: String(ROWS) },
  ]);
});
