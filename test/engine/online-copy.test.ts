import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MysqlServer } from '../../src/mysql/index.js';
import { pairColumns, readColumns } from '../../src/engine/columns.js';
import { Driver } from '../../src/engine/driver.js';
import { trackedKey } from '../support/tracked-key.js';
import { TableRows } from '../../src/engine/table-rows.js';
import { TestAccount } from '../support/account.js';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace } from '../support/namespace.js';
import { EngineChange, fill, PLAIN_TABLE } from '../support/online-change.js';
import { connect, connectionConfig } from '../support/servers.js';
import { until } from '../support/until.js';
import { Writer } from '../support/writer.js';

let space: TestNamespace;
beforeEach(async () => {
  space = await TestNamespace.create('engine');
});
afterEach(async () => {
  await expectNoLeaks({ namespaces: [space] });
  await space.drop();
});

const writerOptions = (rate: number, seed = 1) => ({
  server: space.server,
  namespace: space.name,
  table: 't',
  rate,
  seed,
});

describe('a copy under load', () => {
  it('loses no acknowledged write and undoes none (E2), and swaps only what was compared equal (E3)', async () => {
    await space.query(PLAIN_TABLE);
    await fill(space, 't', 60_000);
    await using change = await EngineChange.plan(
      space,
      't',
      'MODIFY k BIGINT NOT NULL, ADD COLUMN extra INT NULL AFTER id',
    );
    const writer = await Writer.start(writerOptions(400));
    await change.run();
    await until('some writes came after the swap', () => writer.acknowledged > 500);
    await writer.stop();
    expect(await writer.differences(space.connection)).toEqual([]);
    expect(writer.uncertain.size).toBe(0);
    expect(await space.tables()).toEqual(['t']);
    const columns = await space.query<{ c: string; t: string }>(
      "SELECT COLUMN_NAME AS c, COLUMN_TYPE AS t FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 't' ORDER BY ORDINAL_POSITION",
    );
    expect(columns.map(({ c, t }) => `${c} ${t}`)).toEqual(['id bigint', 'extra int', 'k bigint', 'note varchar(200)']);
  });

  it('survives drivers that vanish again and again, and goes on from the checkpoint (E2, E4)', async () => {
    await space.query(PLAIN_TABLE);
    await fill(space, 't', 40_000);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    const writer = await Writer.start(writerOptions(300, 7));
    await change.prepare();
    await change.control({ volume: 8 });
    let crashes = 0;
    for (let n = 0; ; n += 1) {
      const crash = new AbortController();
      const seen = change.progress.length;
      const copying = change.copy(change.context(n < 6 ? crash.signal : undefined)).then(
        (outcome) => outcome.outcome,
        (error: unknown) => error,
      );
      if (n < 6) {
        await Promise.race([
          copying,
          until('a few chunks were copied', () => change.progress.length > seen + 4 + n, { intervalMs: 2 }),
        ]);
        crash.abort(new Error('crashed on purpose'));
      }
      const outcome = await copying;
      if (outcome === 'done') break;
      expect(String(outcome)).toContain('crashed on purpose');
      crashes += 1;
    }
    expect(crashes).toBeGreaterThan(2);
    await change.cutOver();
    await change.cleanUp();
    await writer.stop();
    expect(await writer.differences(space.connection)).toEqual([]);
  });

  it('removes rows above the watermark after a claim, so that none comes back that was deleted meanwhile (E2)', async () => {
    await space.query(PLAIN_TABLE);
    await fill(space, 't', 3_000);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await change.prepare();
    // What a driver leaves that died in mid-round: a copied row whose deletion nobody will see.
    await space.query("INSERT INTO `_t_sterna_new` (id, k, note) VALUES (2999, 1, 'stale')");
    await space.query("INSERT INTO `_t_sterna_new` SELECT id + 5000, k, 'deleted long ago' FROM t");
    await change.copy();
    const stale = await space.query("SELECT id FROM `_t_sterna_new` WHERE note <> REPEAT('x', 100)");
    expect(stale).toEqual([]);
    expect(change.logged).toEqual([]); // and not merely repaired by the comparison
    await change.cleanUp();
  });
});

describe('controls', () => {
  it('stops within a round and keeps what was copied; resumes from there (C2, E4)', async () => {
    await space.query(PLAIN_TABLE);
    await fill(space, 't', 30_000);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await change.prepare();
    await change.control({ volume: 4 });
    const copying = change.copy();
    await until('rows were copied', () => change.progress.some((p) => p.phase === 'copying' && p.rows > 3_000), {
      intervalMs: 5,
    });
    await change.control({ run: 'stop' });
    expect(await copying).toMatchObject({ outcome: 'stopped', swapped: [] });
    const [{ n: kept } = { n: 0 }] = await space.query<{ n: number }>('SELECT COUNT(*) AS n FROM `_t_sterna_new`');
    expect(Number(kept)).toBeGreaterThan(3_000);
    expect(Number(kept)).toBeLessThan(30_000);
    await change.control({ run: 'run', volume: 11 });
    const before = change.progress.length;
    await change.copy();
    expect(change.progress[before]?.rows).toBeGreaterThanOrEqual(Number(kept));
    await change.cutOver();
    await change.cleanUp();
  });

  it('holds until a cutover is asked for, with changes still coming in (E2)', async () => {
    await space.query(PLAIN_TABLE);
    await fill(space, 't', 2_000);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    const writer = await Writer.start(writerOptions(200, 3));
    await change.prepare();
    await change.copy();
    const holding = change.hold();
    await until('it holds', () => change.progress.some((p) => p.phase === 'holding'));
    const before = writer.acknowledged;
    await until('more was written', () => writer.acknowledged > before + 100);
    await change.control({ cutover: true });
    expect(await holding).toEqual({ outcome: 'asked' });
    await change.cutOver();
    await change.cleanUp();
    await writer.stop();
    expect(await writer.differences(space.connection)).toEqual([]);
  });

  it('does not swap after a stop, although the lock would be free (C2)', async () => {
    await space.query(PLAIN_TABLE);
    await fill(space, 't', 100);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await change.prepare();
    await change.copy();
    const blocker = await connect(space.server, space.name);
    await blocker.query('START TRANSACTION');
    await blocker.query('SELECT * FROM t LIMIT 1');
    const cutting = change.cutOver();
    await until(
      'the blocker is named',
      () => change.progress.some((p) => p.waitingFor?.includes(`connection ${blocker.threadId}`)),
      { timeoutMs: 20_000 },
    );
    expect(await change.control({ run: 'stop' })).toEqual([]);
    await blocker.query('COMMIT');
    await blocker.end();
    expect(await cutting).toMatchObject({ outcome: 'stopped', swapped: [] });
    expect(await space.tables()).toContain('_t_sterna_new');
    await change.cleanUp();
    expect(await space.tables()).toEqual(['t']);
  });
});

it('runs the last statement of a change that has begun where its state is, and nowhere else (R1, E5, E7)', async () => {
  await space.query(PLAIN_TABLE);
  await using change = await EngineChange.plan(space, 't', 'ADD COLUMN n INT');
  const last = { ...change.step, begun: true, last: true };
  const run = (): Promise<unknown> => change.change.runStatements(last, change.context());
  await expect(run()).rejects.toMatchObject({ code: 'drifted' });
  await expect(change.change.cleanUp(last, change.context())).rejects.toMatchObject({ code: 'drifted' });
  expect(await space.tables()).toEqual(['t']);
  expect(await space.query("SHOW COLUMNS FROM t LIKE 'n'")).toEqual([]);
  await change.control({}); // its state is there
  for (let times = 1; times <= 2; times += 1) expect(await run()).toEqual({ outcome: 'done', reports: {} });
  expect(await space.query("SHOW COLUMNS FROM t LIKE 'n'")).toHaveLength(1);
});

it('takes the state of the change along with its last statement, and is done when it is run again (E5, E7)', async () => {
  await space.query('CREATE TABLE t (id INT PRIMARY KEY)');
  await using change = await EngineChange.plan(space, 't', 'ADD COLUMN n INT');
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    expect(await change.change.runStatements({ ...change.step, last: true }, change.context())).toEqual({
      outcome: 'done',
      reports: {},
    });
    expect(await space.tables()).toEqual(['t']);
  }
  expect(await space.query('SELECT COUNT(n) AS n FROM t')).toEqual([{ n: '0' }]);
});

describe('what a table can hold', () => {
  it('copies composite text keys, equal by collation when they change, in any order', async () => {
    await space.query(
      'CREATE TABLE t (a VARCHAR(20) COLLATE utf8mb4_0900_ai_ci, b BINARY(4), n INT, PRIMARY KEY (a, b))',
    );
    const values = Array.from({ length: 3_000 }, (_, i) => [
      `ключ ${i % 50} é"'\\`,
      Buffer.from([i % 256, Math.floor(i / 256), 0, 0]),
      i,
    ]);
    await space.query('INSERT INTO t VALUES ?', [values]);
    await using change = await EngineChange.plan(space, 't', 'MODIFY n BIGINT');
    await change.prepare();
    const copying = change.copy();
    await space.query('UPDATE t SET a = UPPER(a), n = n + 1 WHERE n % 3 = 0');
    await space.query('DELETE FROM t WHERE n % 7 = 0');
    await copying;
    await change.cutOver();
    const [sum] = await space.query('SELECT COUNT(*) AS c, SUM(n) AS s, SUM(BINARY a = BINARY UPPER(a)) AS u FROM t');
    const [old] = await space.query(
      'SELECT COUNT(*) AS c, SUM(n) AS s, SUM(BINARY a = BINARY UPPER(a)) AS u FROM `_t_sterna_old`',
    );
    expect(sum).toEqual(old);
    await change.cleanUp();
  });

  it('jumps over gaps of 10^12 and keeps zero and negative keys', async () => {
    await space.query('CREATE TABLE t (id BIGINT PRIMARY KEY, k INT)');
    await space.query(
      'INSERT INTO t VALUES (-9223372036854775808, 1), (-5, 2), (0, 3), (1, 4), (1000000000000, 5), (9223372036854775807, 6)',
    );
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT');
    await change.run();
    expect(await space.query('SELECT k FROM t ORDER BY id')).toEqual([1, 2, 3, 4, 5, 6].map((k) => ({ k: String(k) })));
  });

  it('has a name as long as names can be', async () => {
    const name = 'n'.repeat(64);
    await space.query(`CREATE TABLE ${name} (id INT PRIMARY KEY, k INT); INSERT INTO ${name} VALUES (1, 2)`);
    await using change = await EngineChange.planned(space, name, 'MODIFY k BIGINT');
    await change.run();
    expect(await space.query(`SELECT * FROM ${name}`)).toEqual([{ id: 1, k: '2' }]);
    expect(await space.tables()).toEqual([name]);
  });

  it('stops on a row that does not fit, and leaves the original untouched', async () => {
    await space.query('CREATE TABLE t (id INT PRIMARY KEY, k VARCHAR(20) NULL)');
    await space.query("INSERT INTO t VALUES (1, 'short'), (2, 'far too long')");
    await using change = await EngineChange.plan(space, 't', 'MODIFY k VARCHAR(5)');
    await change.prepare();
    await expect(change.copy()).rejects.toMatchObject({ code: 'row_does_not_fit' });
    expect(await space.query('SELECT k FROM t ORDER BY id')).toEqual([{ k: 'short' }, { k: 'far too long' }]);
    await change.cleanUp();
    expect(await space.tables()).toEqual(['t']);
  });

  it('stops on rows that a new unique key forbids', async () => {
    await space.query('CREATE TABLE t (id INT PRIMARY KEY, k INT)');
    await space.query('INSERT INTO t VALUES (1, 7), (2, 7)');
    await using change = await EngineChange.plan(space, 't', 'ADD UNIQUE KEY u (k)');
    await change.prepare();
    await expect(change.copy()).rejects.toMatchObject({
      code: 'row_does_not_fit',
      message: expect.stringContaining('Duplicate entry'),
    });
    await change.cleanUp();
  });

  it('deletes no row for another one: a change that a new unique key forbids ends the change, also at the last moment (E2)', async () => {
    await space.query('CREATE TABLE t (id INT PRIMARY KEY, email VARCHAR(20))');
    await space.query("INSERT INTO t VALUES (1, 'a@x'), (2, 'b@x'), (3, 'c@x')");
    await using change = await EngineChange.plan(space, 't', 'ADD UNIQUE KEY email (email)');
    await change.prepare();
    await change.copy();
    await space.query("INSERT INTO t VALUES (4, 'a@x')");
    await expect(change.cutOver()).rejects.toMatchObject({
      code: 'row_does_not_fit',
      message: expect.stringContaining("'a@x'") as string,
    });
    await change.cleanUp();
    expect(await space.query('SELECT COUNT(*) AS n FROM t')).toEqual([{ n: '4' }]);
  });

  it('lets values of a new unique key wander between rows, which is no conflict in the end (E2)', async () => {
    await space.query('CREATE TABLE t (id INT PRIMARY KEY, email VARCHAR(20))');
    await space.query("INSERT INTO t VALUES (1, 'a@x'), (2, 'b@x'), (3, 'c@x')");
    await using change = await EngineChange.plan(space, 't', 'ADD UNIQUE KEY email (email)');
    await change.prepare();
    await change.copy();
    await space.query("UPDATE t SET email = CASE id WHEN 1 THEN 'b@x' WHEN 2 THEN 'c@x' ELSE 'a@x' END");
    expect(await change.cutOver()).toMatchObject({ outcome: 'done' });
    await change.cleanUp();
    expect(await space.query('SELECT email FROM t ORDER BY id')).toEqual([
      { email: 'b@x' },
      { email: 'c@x' },
      { email: 'a@x' },
    ]);
  });

  it('gives out no id twice whose row is gone again', async () => {
    await space.query('CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, k INT)');
    await space.query('INSERT INTO t VALUES (1, 1)');
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT');
    await change.prepare();
    await change.copy();
    const application = await connect(space.server, space.name);
    await application.query('START TRANSACTION; INSERT INTO t (k) VALUES (1), (2), (3); DELETE FROM t WHERE id > 1');
    const cutting = change.cutOver();
    await until('the swap waits for it', () => change.progress.some((p) => p.waitingFor?.includes('connection')), {
      timeoutMs: 10_000,
    });
    await application.query('COMMIT');
    await cutting;
    await application.query('INSERT INTO t (k) VALUES (4)');
    await application.end();
    expect(await space.query('SELECT MAX(id) AS id FROM t')).toEqual([{ id: 5 }]);
    await change.cleanUp();
  });

  it('takes no warning for harmless that it cannot read: chunks are as large as the server shows warnings', async () => {
    await space.query(PLAIN_TABLE);
    await fill(space, 't', 2_000);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k TINYINT NOT NULL');
    await change.prepare();
    await using account = await TestAccount.create({ grants: [`ALL ON \`${space.name}\`.*`] });
    await using server = await MysqlServer.open(connectionConfig(account.server));
    const driver = await Driver.start(server, change.step, space.name, change.context());
    expect(driver.chunkRows).toBe(1_024); // what this user cannot raise
    await driver.close();
    await space.query('INSERT INTO `_t_sterna_new` SELECT id, 1, note FROM t WHERE id <= 1900');
    await using session = await server.connect();
    const key = await trackedKey(session, space.name);
    if (key === null) throw new Error('no key');
    const columns = await readColumns(session, space.name, 't');
    const rows = new TableRows('t', space.name, 't', key, pairColumns(columns, columns), []);
    // 1,900 rows are there already, and 100 do not fit: the server shows 1,024 warnings of the first kind.
    await expect(rows.copy(session, {})).rejects.toMatchObject({
      code: 'row_does_not_fit',
      message: expect.stringContaining('GRANT SESSION_VARIABLES_ADMIN') as string,
    });
    await session.close();
    await server.close();
    await change.cleanUp();
  });

  it('lets unique values wander between rows while it copies (E2)', async () => {
    await space.query('CREATE TABLE t (id INT PRIMARY KEY, u INT, k INT, UNIQUE KEY u (u))');
    await space.query(
      'INSERT INTO t SELECT n, n, 0 FROM (WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 1000) SELECT n FROM s) q',
    );
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT');
    await change.prepare();
    await change.control({ volume: 4 });
    const application = await connect(space.server, space.name);
    const swaps = { stopped: false };
    const swapping = (async () => {
      for (let i = 0; !swaps.stopped; i += 1) {
        const [a, b] = [1 + ((i * 37) % 1000), 1 + ((i * 91 + 500) % 1000)];
        if (a === b) continue;
        await application.query(
          `START TRANSACTION; SELECT u INTO @a FROM t WHERE id = ${a} FOR UPDATE; SELECT u INTO @b FROM t WHERE id = ${b} FOR UPDATE; UPDATE t SET u = NULL WHERE id = ${a}; UPDATE t SET u = @a, k = ${i} WHERE id = ${b}; UPDATE t SET u = @b, k = ${i} WHERE id = ${a}; COMMIT`,
        );
      }
    })();
    await change.copy();
    await change.cutOver();
    swaps.stopped = true;
    await swapping;
    await application.end();
    const [row] = await space.query('SELECT COUNT(DISTINCT u) AS d, SUM(u) AS s FROM t');
    expect(row).toEqual({ d: '1000', s: '500500' });
    await change.cleanUp();
  });
});
