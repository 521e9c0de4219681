import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { expectNoLeaks } from '../support/leaks.js';
import { MysqlProcess } from '../support/mysql-process.js';
import { TestNamespace } from '../support/namespace.js';
import { EngineChange } from '../support/online-change.js';

const MIB = 1024 * 1024;
const TABLE = 'CREATE TABLE t (id BIGINT AUTO_INCREMENT PRIMARY KEY, k INT NOT NULL, body LONGBLOB NOT NULL)';

/** `narrow` rows of a few bytes, then `wide` ones of a megabyte. */
async function fillUneven(space: TestNamespace, narrow: number, wide: number): Promise<void> {
  await space.query('SET SESSION cte_max_recursion_depth = 1000000');
  await space.query(
    `INSERT INTO t (k, body) SELECT n, 'x' FROM (WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < ${narrow}) SELECT n FROM s) q`,
  );
  for (let i = 0; i < wide; i += 1) await space.query(`INSERT INTO t (k, body) VALUES (0, REPEAT('w', ${MIB}))`);
}

const account = (space: TestNamespace): Promise<unknown> =>
  space.query('SELECT COUNT(*) AS n, SUM(LENGTH(body)) AS bytes, SUM(CRC32(body)) AS crc, SUM(k) AS k FROM t');

describe('rows that are suddenly a thousand times as wide', () => {
  let space: TestNamespace;
  beforeEach(async () => {
    space = await TestNamespace.create('wide');
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await expectNoLeaks({ namespaces: [space] });
    await space.drop();
  });

  it('are copied a few at a time: a chunk that takes too long is given up and cut (E2)', async () => {
    await space.query(TABLE);
    await fillUneven(space, 3_000, 80);
    const before = await account(space);
    const [{ file, at } = { file: '', at: 0 }] = await binlogPosition(space);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await change.prepare();
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => timeout(100)); // on a fast disk a second is a lot
    await change.copy();
    vi.restoreAllMocks();
    const largest = await largestTransaction(space, file, at);
    expect(largest).toBeGreaterThan(MIB);
    expect(largest).toBeLessThan(60 * MIB);
    await change.cutOver();
    await change.cleanUp();
    expect(await account(space)).toEqual(before);
  });
});

describe('a server that takes no large transaction', () => {
  it('gets small ones: chunks and captured changes, until every row is there (E2)', async () => {
    await using server = await MysqlProcess.start({
      options: ['--max-binlog-cache-size=4194304', '--max-allowed-packet=16M'],
    });
    await using space = await TestNamespace.create('cache', server.server);
    await space.query(TABLE);
    await fillUneven(space, 3_000, 12);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await change.prepare();
    await change.copy();
    // Twelve megabytes of captured keys in one flush.
    const wide = await space.query<{ id: string }>('SELECT id FROM t WHERE k = 0');
    for (const { id } of wide) await space.query('UPDATE t SET k = -7 WHERE id = ?', [id]);
    await change.copy();
    const before = await account(space);
    await change.cutOver();
    await change.cleanUp();
    expect(await account(space)).toEqual(before);
    expect(await space.query('SELECT COUNT(*) AS n FROM t WHERE k = -7')).toEqual([{ n: '12' }]);
  });
});

async function binlogPosition(space: TestNamespace): Promise<{ file: string; at: number }[]> {
  const [row] = await space.query<{ File: string; Position: string }>('SHOW BINARY LOG STATUS');
  return [{ file: row?.File ?? '', at: Number(row?.Position) }];
}

/** Bytes in the binlog of the largest transaction since a position, everybody's counted. */
async function largestTransaction(space: TestNamespace, file: string, at: number): Promise<number> {
  const logs = await space.query<{ Log_name: string }>('SHOW BINARY LOGS');
  const names = logs.map(({ Log_name: name }) => name).filter((name) => name >= file);
  let largest = 0;
  for (const name of names) {
    const from = name === file ? ` FROM ${at}` : '';
    const events = await space.query<{ Event_type: string; Pos: string; End_log_pos: string }>(
      `SHOW BINLOG EVENTS IN '${name}'${from}`,
    );
    let began = 0;
    for (const { Event_type: type, Pos, End_log_pos: end } of events) {
      if (type === 'Gtid') began = Number(Pos);
      largest = Math.max(largest, Number(end) - began);
    }
  }
  return largest;
}
