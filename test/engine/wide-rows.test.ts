import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { SternaError } from '../../src/contract/index.js';
import { TableRows } from '../../src/engine/table-rows.js';
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
  let server: MysqlProcess;
  let space: TestNamespace;
  beforeAll(async () => {
    server = await MysqlProcess.start({ options: ['--max-binlog-cache-size=4194304', '--max-allowed-packet=16M'] });
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    space = await TestNamespace.create('cache', server.server);
    await space.query(TABLE);
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await space.drop();
  });

  it('gets small ones: chunks and captured changes, until every row is there (E2)', async () => {
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

  describe('and a last row of five megabytes, beside which another one comes while it is copied alone', () => {
    const insert = `INSERT INTO t (id, k, body) VALUES (4, 0, REPEAT('w', ${5 * MIB}))`;
    let change: EngineChange;
    beforeEach(async () => {
      for (let i = 0; i < 3; i += 1) await space.query(insert.replace('(4,', '(NULL,'));
      change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
      await change.prepare();
      await change.control({ volume: 8 }); // one connection
      // So slow that the engine asks for one row at a time.
      await space.query('SET SESSION sql_log_bin = 0');
      await space.query('CREATE TRIGGER slow BEFORE INSERT ON `_t_sterna_new` FOR EACH ROW DO SLEEP(0.15)');
      await space.query('SET SESSION sql_log_bin = 1');
      change.reached = async (point) => {
        if (point !== 'writing') return;
        const [copied] = await space.query('SELECT 1 FROM `_t_sterna_new` HAVING COUNT(*) = 2');
        if (copied !== undefined) await come();
      };
    });
    let come: () => Promise<void>;
    const once = (work: () => Promise<unknown>): (() => Promise<void>) => {
      let done = false;
      return async () => {
        if (!done) await work();
        done = true;
      };
    };
    const ended = async (rows: number): Promise<void> => {
      await change.cutOver();
      await change.cleanUp();
      await change[Symbol.asyncDispose]();
      expect(await account(space)).toMatchObject([{ n: String(rows), bytes: String(rows * 5 * MIB) }]);
    };

    it('copies each alone (E2)', async () => {
      come = once(() => space.query(insert));
      await change.copy();
      await ended(4);
    });

    it('tries again when the other one has gone', async () => {
      come = once(() => space.query(insert));
      const keyAfter = Reflect.get(TableRows.prototype, 'keyAfter');
      vi.spyOn(TableRows.prototype, 'keyAfter').mockImplementation(async function (this: TableRows, ...args) {
        await space.query('DELETE FROM t WHERE id = 4');
        return keyAfter.apply(this, args);
      });
      await change.copy();
      await ended(3);
    });
  });

  it('is believed when it goes on refusing a single row', async () => {
    await fillUneven(space, 10, 0);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await change.prepare();
    const cause = Object.assign(new Error('refused'), { errno: 1197 });
    const copy = vi
      .spyOn(TableRows.prototype, 'copy')
      .mockRejectedValue(new SternaError('sql_error', 'refused', { cause }));
    await expect(change.copy()).rejects.toMatchObject({ code: 'sql_error' });
    expect(copy.mock.calls.length).toBeLessThan(20);
    await change.cleanUp();
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
