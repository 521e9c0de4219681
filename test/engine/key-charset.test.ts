import { afterEach, beforeEach, expect, it } from 'vitest';
import { keyIn, keyLiterals, keyRange, selectedKey, selectKey, type TrackedKey } from '../../src/engine/key.js';
import { BinlogStream, MysqlServer, type Session } from '../../src/mysql/index.js';
import { stateTableName } from '../../src/engine/names.js';
import { TestNamespace } from '../support/namespace.js';
import { EngineChange } from '../support/online-change.js';
import { connectionConfig } from '../support/servers.js';
import { until } from '../support/until.js';

let space: TestNamespace;
let server: MysqlServer;
let session: Session;
beforeEach(async () => {
  space = await TestNamespace.create('charsets');
  server = await MysqlServer.open(connectionConfig(space.server));
  session = await server.connect({ namespace: space.name });
  await session.execute('SET SESSION cte_max_recursion_depth = 10000');
});
afterEach(async () => {
  await session.close();
  await server.close();
  await space.drop();
});

const keyOf = (charset: string): TrackedKey => ({
  indexName: 'PRIMARY',
  parts: [{ name: 'k', kind: 'text', charset }],
});

const NUMBERS =
  'SELECT n FROM (WITH RECURSIVE s (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < 2500) SELECT n FROM s) q';

/** Of a charset of one byte each byte, else characters of all planes as far as it has them; some behind what all charsets have. */
function inserts(table: string, charset: string, isNarrow: boolean): string[] {
  const characters = isNarrow
    ? [`CONVERT(UNHEX(LPAD(HEX(n), 2, '0')) USING ${charset})`]
    : [
        `CONVERT(CHAR(n * 26 USING ucs2) USING ${charset})`,
        `CONVERT(CONVERT(CHAR(0x1F000 + n USING utf32) USING utf8mb4) USING ${charset})`,
      ];
  // Without the halves of characters, which ucs2 has.
  const where = isNarrow ? 'n < 256' : 'n NOT BETWEEN 2113 AND 2205';
  return characters.flatMap((each) =>
    [
      each,
      `CONCAT(CONVERT(IF(n % 3 = 0, 'aZ_.:-', 'a ') USING ${charset}), ${each}, CONVERT(' ' USING ${charset}))`,
    ].map((value) => `INSERT IGNORE INTO ${table} SELECT ${value}, n FROM (${NUMBERS}) w WHERE ${where}`),
  );
}

it('every charset of the server has literals that lead to exactly their rows, the same from binlog and result (E2)', async () => {
  const charsets = await session.query<{ name: string; width: number | string }>(
    "SELECT CHARACTER_SET_NAME AS name, MAXLEN AS width FROM information_schema.CHARACTER_SETS WHERE CHARACTER_SET_NAME <> 'binary'",
  );
  expect(charsets.length).toBeGreaterThan(35);
  const tables = charsets.flatMap(({ name, width }) =>
    ['VARCHAR', 'CHAR'].map((type) => ({ table: `${type}_${name}`, type, name, isNarrow: Number(width) === 1 })),
  );
  for (const { table, type, name } of tables)
    await session.execute(
      `CREATE TABLE ${table} (k ${type}(9) CHARACTER SET ${name} COLLATE ${name}_bin PRIMARY KEY, n INT)`,
    );
  const [row] = await session.query<{ done: string }>('SELECT @@GLOBAL.gtid_executed AS done');
  const received = new Map<string, string[]>(tables.map(({ table }) => [table, []]));
  let failed: unknown;
  await using _ = await BinlogStream.open(server, {
    from: { gtidSet: row?.done ?? '' },
    serverId: 4_000_000_001,
    tables: { [space.name]: tables.map(({ table }) => table) },
    attributes: {},
    onEvent: (event) => {
      if (event.kind !== 'rows') return;
      const key = keyOf(event.table.replace(/^(VAR)?CHAR_/, ''));
      for (const image of event.images) received.get(event.table)?.push(...keyLiterals(key, image));
    },
    onError: (error) => (failed = error),
  });
  for (const { table, name, isNarrow } of tables) {
    for (const sql of inserts(table, name, isNarrow)) await session.execute(sql);
    const key = keyOf(name);
    const rows = await session.query(`SELECT ${selectKey(key)} FROM ${table} ORDER BY k`);
    const selected = rows.map((each) => selectedKey(key, each));
    expect(selected.length, table).toBeGreaterThan(200);
    await until('all rows have come', () => {
      expect(failed, table).toBeUndefined();
      return received.get(table)?.length === selected.length;
    });
    expect(received.get(table)?.sort(), table).toEqual(selected.flat().sort());
    const count = async (where: string): Promise<number> =>
      Number((await session.query(`SELECT COUNT(*) AS n FROM ${table} WHERE ${where}`))[0]?.n);
    let found = 0;
    for (let i = 0; i < selected.length; i += 500) found += await count(keyIn(key, selected.slice(i, i + 500)));
    expect(found, table).toBe(selected.length);
    // In the order of the column: below a watermark in the middle are those that were read before it.
    const middle = Math.floor(selected.length / 2);
    const range = keyRange(key, { to: selected[middle] ?? [] });
    expect(await count(range), table).toBe(middle);
    for (const where of [range, keyIn(key, selected.slice(0, 50))]) {
      const [plan] = await session.query<{ EXPLAIN: string }>(
        `EXPLAIN FORMAT=TREE SELECT ${selectKey(key)} FROM ${table} FORCE INDEX (PRIMARY) WHERE ${where} ORDER BY k`,
      );
      expect(plan?.EXPLAIN, table).toMatch(/index range scan/i);
      expect(plan?.EXPLAIN, table).not.toMatch(/sort/i);
    }
  }
});

it('goes on from a watermark that was saved as quoted text, as keys in every charset were written before (E4)', async () => {
  await space.query('SET SESSION cte_max_recursion_depth = 100000');
  await space.query('CREATE TABLE t (k VARCHAR(20) CHARACTER SET latin1 PRIMARY KEY, n INT, v INT NOT NULL)');
  await space.query(
    "INSERT INTO t SELECT CONCAT('é', LPAD(n, 6, '0')), n, 0 FROM (WITH RECURSIVE s (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < 30000) SELECT n FROM s) q",
  );
  await using change = await EngineChange.plan(space, 't', 'MODIFY v BIGINT NOT NULL');
  await change.prepare();
  await change.control({ volume: 4 });
  const copying = change.copy();
  await until('rows were copied', () => change.progress.some((p) => p.phase === 'copying' && p.rows > 3_000), {
    intervalMs: 5,
  });
  await change.control({ run: 'stop' });
  expect(await copying).toMatchObject({ outcome: 'stopped' });
  const state = stateTableName(change.step.changeId);
  const [{ saved } = { saved: '' }] = await space.query<{ saved: string }>(
    `SELECT record->>'$.watermark[0]' AS saved FROM ${state} WHERE id LIKE 'table:%'`,
  );
  const bytes = /^_latin1 X'(e9[0-9a-f]{12})'$/.exec(saved)?.[1] ?? '';
  const quoted = `'${Buffer.from(bytes, 'hex').toString('latin1')}'`;
  expect(quoted).toMatch(/^'é\d{6}'$/);
  await space.query(
    `UPDATE ${state} SET record = JSON_SET(record, '$.watermark', JSON_ARRAY(?)) WHERE id LIKE 'table:%'`,
    [quoted],
  );
  const below = async (table: string, literal: string): Promise<unknown> =>
    space.query(`SELECT COUNT(*) AS n FROM ${table} WHERE k < ${literal}`);
  expect(await below('t', quoted)).toEqual(await below('t', saved));
  expect(await below('_t_sterna_new', quoted)).toEqual(await below('t', saved)); // all of them are done
  await change.control({ run: 'run', volume: 11 });
  await change.copy();
  expect(await change.cutOver()).toMatchObject({ outcome: 'done' });
  await change.cleanUp();
  expect(await space.query('SELECT COUNT(*) AS n, SUM(n) AS sum FROM t')).toEqual([{ n: '30001', sum: '450015000' }]);
  expect(change.logged.filter((line) => line.includes('differ'))).toEqual([]);
});
