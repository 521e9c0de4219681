import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace } from '../support/namespace.js';
import { EngineChange, fill, PLAIN_TABLE } from '../support/online-change.js';
import { until } from '../support/until.js';
import { Writer } from '../support/writer.js';

let space: TestNamespace;
beforeEach(async () => {
  space = await TestNamespace.create('revert');
});
afterEach(async () => {
  await expectNoLeaks({ namespaces: [space] });
  await space.drop();
});

/** Copied, swapped, and nothing guarded yet. */
async function swapped(alter: string): Promise<EngineChange> {
  const change = await EngineChange.plan(space, 't', alter);
  await change.prepare();
  await change.copy();
  expect(await change.cutOver()).toMatchObject({ outcome: 'done' });
  return change;
}

/** In an object: an async function that returned the promise itself would wait for its end. */
async function guarded(change: EngineChange): Promise<{ readonly ended: Promise<unknown> }> {
  const before = change.progress.length;
  const ended = change.guard().catch((error: unknown) => error);
  let early: unknown;
  void ended.then((end) => (early = end));
  await until('it is guarded', () => {
    expect(early).toBeUndefined();
    return change.progress.slice(before).some(({ phase }) => phase === 'guarding');
  });
  return { ended };
}

/** Ends the guard as a revert does, and swaps back. */
async function revert(
  change: EngineChange,
  guarding: { readonly ended: Promise<unknown> },
  left: readonly string[] = ['t'],
): Promise<void> {
  await change.control({ cutover: true });
  expect(await guarding.ended).toEqual({ outcome: 'asked' });
  expect(await change.revert()).toEqual({ outcome: 'done', reports: {} });
  await change.cleanUp();
  expect(await space.tables()).toEqual(left);
}

const definition = async (): Promise<string> =>
  String((await space.query('SHOW CREATE TABLE t'))[0]?.['Create Table']).replace(/ AUTO_INCREMENT=\d+/, '');

describe('a revert', () => {
  it('loses no write made since the cutover, and keeps what was dropped (E2)', { timeout: 60_000 }, async () => {
    await space.query(PLAIN_TABLE);
    await space.query('ALTER TABLE t ADD COLUMN gone INT NOT NULL DEFAULT 7, ADD COLUMN also VARCHAR(20)');
    await fill(space, 't', 5_000);
    await space.query("UPDATE t SET gone = id + 1000, also = CONCAT('kept ', id)");
    const before = await definition();
    const writer = await Writer.start({ server: space.server, namespace: space.name, table: 't', rate: 300 });
    await using change = await swapped(
      'MODIFY k BIGINT NOT NULL, DROP COLUMN gone, DROP COLUMN also, ADD KEY n (note)',
    );
    const acknowledged = writer.acknowledged;
    const old = await space.query<{ id: string; gone: number; also: string | null }>(
      'SELECT id, gone, also FROM _t_sterna_old',
    );
    const guarding = await guarded(change);
    await until('it is written to', () => writer.acknowledged > acknowledged + 600, { timeoutMs: 20_000 });
    await revert(change, guarding);
    await writer.stop();
    expect(await writer.differences(space.connection)).toEqual([]);
    expect(await definition()).toBe(before);
    const kept = new Map(old.map((row) => [row.id, row]));
    const now = await space.query<{ id: string; gone: number; also: string | null }>('SELECT id, gone, also FROM t');
    let [fresh, updated] = [0, 0];
    for (const row of now) {
      const { id, gone, also } = row;
      const was = kept.get(id);
      const isSame = was?.gone === gone && was.also === also;
      // Ids come back after a deletion, and rows move: those have the defaults, or what another row had.
      if (!writer.journal.has(Number(id))) expect(row).toEqual(was);
      else if (isSame) updated += 1;
      else if (gone === 7 && also === null) fresh += 1;
      else expect(also).toBe(`kept ${gone - 1_000}`);
    }
    expect(updated, 'rows written to, with what was dropped').toBeGreaterThan(50);
    expect(fresh, 'rows inserted, or moved to another key, since the cutover').toBeGreaterThan(50);
  });

  it('gives no id out again, and leaves deleted rows deleted', async () => {
    await space.query(PLAIN_TABLE);
    await fill(space, 't', 10);
    await using change = await swapped('MODIFY k BIGINT NOT NULL');
    const guarding = await guarded(change);
    await space.query("INSERT INTO t (id, k, note) VALUES (500, 1, 'top'); DELETE FROM t WHERE id IN (3, 500)");
    await revert(change, guarding);
    await space.query("INSERT INTO t (k, note) VALUES (1, 'next')");
    expect(await space.query('SELECT id FROM t WHERE id > 9 OR id = 3 ORDER BY id')).toEqual([
      { id: '10' },
      { id: '501' },
    ]);
  });

  it.each([
    ['without a dropped column', ''],
    ['with one that keeps its values', ', gone INT NOT NULL DEFAULT 5'],
  ])('follows rows that change places in a unique key, %s', async (_, more) => {
    await space.query(`CREATE TABLE t (id INT PRIMARY KEY, u INT NOT NULL, k INT NOT NULL${more}, UNIQUE KEY u (u))`);
    const ids = Array.from({ length: 1_000 }, (_, i) => [i + 1, i + 1, 0]);
    await space.query('INSERT INTO t (id, u, k) VALUES ?', [ids]);
    await using change = await swapped(`MODIFY k BIGINT NOT NULL${more === '' ? '' : ', DROP COLUMN gone'}`);
    const guarding = await guarded(change);
    // Each takes the place of the next one: the last has to make room first.
    await space.query('UPDATE t SET u = u + 1 ORDER BY u DESC');
    await revert(change, guarding);
    expect(await space.query('SELECT COUNT(*) AS n, SUM(u = id + 1) AS moved FROM t')).toEqual([
      { n: '1000', moved: '1000' },
    ]);
    if (more !== '') expect(await space.query('SELECT DISTINCT gone FROM t')).toEqual([{ gone: 5 }]);
  });

  it.each(['gbk', 'ucs2', 'swe7'])('follows rows with vectors by a text key in %s (E2)', async (charset) => {
    const both = async (sql: (table: string) => string): Promise<void> => {
      for (const table of ['mirror', 't']) await space.query(sql(table));
    };
    const values = `CONVERT(CONCAT(IF(n % 2 = 0, 'Ä', 'x'), n, ' ') USING ${charset}), TO_VECTOR(CONCAT('[', n, ',0.5]')), n, NULL, 0`;
    const insert = (from: number, to: number): Promise<void> =>
      both(
        (table) =>
          `INSERT INTO ${table} SELECT ${values} FROM (WITH RECURSIVE s (n) AS (SELECT ${from} UNION ALL SELECT n + 1 FROM s WHERE n + 1 < ${to}) SELECT n FROM s) q`,
      );
    await both(
      (table) =>
        `CREATE TABLE ${table} (k VARCHAR(20) CHARACTER SET ${charset} PRIMARY KEY, e VECTOR(2), n INT, f VECTOR(1), v INT NOT NULL)`,
    );
    await insert(0, 900);
    await using change = await swapped('MODIFY v BIGINT NOT NULL');
    const guarding = await guarded(change);
    await both((table) => `UPDATE ${table} SET e = NULL, f = TO_VECTOR('[1]'), v = 1 WHERE n % 3 = 0`);
    await both((table) => `UPDATE ${table} SET k = CONCAT(k, 'moved') WHERE n % 5 = 0`);
    await both((table) => `DELETE FROM ${table} WHERE n % 7 = 0`);
    await insert(1_000, 1_100);
    await revert(change, guarding, ['mirror', 't']);
    const content = (table: string): Promise<unknown> =>
      space.query(`SELECT HEX(k) AS k, HEX(e) AS e, n, HEX(f) AS f, v FROM ${table} ORDER BY n`);
    expect(await content('t')).toEqual(await content('mirror'));
  });

  it('knows its rows by the key that a driver that takes over finds, whoever was killed before (E1, E4)', async () => {
    await space.query(PLAIN_TABLE);
    await fill(space, 't', 1_000);
    await using change = await swapped('MODIFY k BIGINT NOT NULL');
    const writer = await Writer.start({ server: space.server, namespace: space.name, table: 't', rate: 200 });
    for (let takeover = 0; takeover < 3; takeover += 1) {
      const crash = new AbortController();
      const before = change.progress.length;
      const guarding = change.guard(change.context(crash.signal)).catch((error: unknown) => error);
      await until('it is guarded', () => change.progress.length > before);
      crash.abort(new Error('crashed on purpose'));
      expect(await guarding).toMatchObject({ message: 'crashed on purpose' });
    }
    await revert(change, await guarded(change));
    await writer.stop();
    expect(await writer.differences(space.connection)).toEqual([]);
  });
});

describe('a row that cannot go back ends the revert window, and harms neither table nor writer', () => {
  it.each([
    ['a number too large', 'k INT NOT NULL', 'MODIFY k BIGINT NOT NULL', 'UPDATE t SET k = 9999999999 WHERE id = 1'],
    [
      'a text too long',
      'k VARCHAR(3) NOT NULL',
      'MODIFY k VARCHAR(300) NOT NULL',
      "UPDATE t SET k = 'long' WHERE id = 1",
    ],
    ['no value', 'k INT NOT NULL', 'MODIFY k INT NULL', 'UPDATE t SET k = NULL WHERE id = 1'],
    [
      'a fraction of a second',
      'k DATETIME',
      'MODIFY k DATETIME(3)',
      "UPDATE t SET k = '2020-01-01 00:00:00.5' WHERE id = 1",
    ],
    ['digits of a number', 'k FLOAT', 'MODIFY k DOUBLE', 'UPDATE t SET k = 0.1 WHERE id = 1'],
    ['decimals', 'k DECIMAL(6,1)', 'MODIFY k DECIMAL(9,3)', 'UPDATE t SET k = 1.234 WHERE id = 1'],
    [
      'a new member',
      "k ENUM('a')",
      "MODIFY k ENUM('a','b') DEFAULT 'a', ADD KEY (k)",
      "UPDATE t SET k = 'b' WHERE id = 1",
    ],
    [
      'a character',
      'k VARCHAR(9) CHARACTER SET latin1',
      'MODIFY k VARCHAR(9) CHARACTER SET utf8mb4',
      "UPDATE t SET k = '日本' WHERE id = 1",
    ],
    [
      'a dropped column without a default',
      'k INT, gone INT NOT NULL',
      'DROP COLUMN gone, ADD KEY (k)',
      'INSERT INTO t (id, k) VALUES (2, 2)',
    ],
    [
      'a duplicate',
      'k INT, UNIQUE KEY k (k)',
      'DROP KEY k, ADD KEY k (k)',
      'INSERT INTO t (id, k) VALUES (2, 2), (3, 2)',
    ],
  ])('%s', { timeout: 30_000 }, async (_, columns, alter, write) => {
    await space.query(`CREATE TABLE t (id INT PRIMARY KEY, ${columns})`);
    await space.query('SET SESSION sql_mode = 0; INSERT INTO t (id) VALUES (1)');
    await using change = await swapped(alter);
    const old = await space.query('SELECT * FROM _t_sterna_old');
    const guarding = await guarded(change);
    await space.query(write);
    expect(await guarding.ended).toMatchObject({
      code: 'row_does_not_fit',
      message: expect.stringContaining('cannot be reverted') as string,
    });
    const written = await space.query('SELECT * FROM t');
    // Whoever comes later finds it again: the position has not passed it (E4).
    await expect(change.revert()).rejects.toMatchObject({ code: 'row_does_not_fit' });
    expect(await space.query('SELECT * FROM _t_sterna_old'), 'the bad row has not been stored').toEqual(old);
    await change.cleanUp();
    expect(await space.tables()).toEqual(['t']);
    expect(await space.query('SELECT * FROM t')).toEqual(written);
  });

  it('a definition that somebody changes', async () => {
    await space.query(PLAIN_TABLE);
    await using change = await swapped('MODIFY k BIGINT NOT NULL');
    const guarding = await guarded(change);
    await space.query('ALTER TABLE t ADD COLUMN more INT');
    expect(await guarding.ended).toMatchObject({ code: 'table_changed_underneath' });
    await expect(change.revert()).rejects.toMatchObject({ code: 'table_changed_underneath' });
    await change.cleanUp();
    expect(await space.tables()).toEqual(['t']);
  });

  it('no key by which the replaced rows are found for certain', async () => {
    // The primary key is no key of whole columns without floats: rows are followed by `u`, and found by the other one.
    await space.query('CREATE TABLE t (f DOUBLE PRIMARY KEY, u INT NOT NULL, k INT, UNIQUE KEY u (u))');
    await using change = await swapped('MODIFY k BIGINT');
    await expect(change.guard()).rejects.toMatchObject({ code: 'not_revertible' });
    await change.cleanUp();
  });
});
