import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pairColumns, pairStored, readColumns } from '../../src/engine/columns.js';
import { ROW_SETTINGS } from '../../src/engine/row-session.js';
import { trackedKey } from '../support/tracked-key.js';
import { TableRows } from '../../src/engine/table-rows.js';
import { MysqlServer, type Session } from '../../src/mysql/index.js';
import { TestNamespace } from '../support/namespace.js';
import { connectionConfig } from '../support/servers.js';

/**
 * The comparison must see every difference that a column can hold. Each case is a type, a value, and values that are
 * near it: equal by collation, by padding, by rounding, or null where the other is empty.
 */
const SAME: readonly (readonly [type: string, value: string, ...near: string[]])[] = [
  ['TINYINT', '0', 'NULL', '1', '-128'],
  ['SMALLINT UNSIGNED', '65535', '65534'],
  ['MEDIUMINT', '-8388608', '-8388607'],
  ['INT(5) ZEROFILL', '7', '8'],
  ['BIGINT', '9223372036854775807', '9223372036854775806', '-9223372036854775808'],
  ['BIGINT UNSIGNED', '18446744073709551615', '18446744073709551614'],
  ['DECIMAL(65,30)', '0.000000000000000000000000000001', '0', '0.000000000000000000000000000002'],
  ['FLOAT', '0.12345678', '0.12345679', '0.1234568', 'NULL'],
  ['DOUBLE', '0.1234567890123456', '0.1234567890123457', '-0.1234567890123456'],
  ['BIT(1)', "b'0'", "b'1'", 'NULL'],
  ['BIT(64)', "b'1'", "b'1000000000000000000000000000000000000000000000000000000000000001'", "b'0'"],
  ['CHAR(10)', "'a'", "'A'", "'á'", "''", 'NULL'],
  ['VARCHAR(300) CHARACTER SET utf8mb4', "'a'", "'a '", "'A'", "'ａ'", "'😀'", "''", 'NULL'],
  ['VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci', "'ß'", "'s'", "'S'"],
  ['VARCHAR(20) CHARACTER SET latin1', "'é'", "'e'", "'É'"],
  ['VARCHAR(20) CHARACTER SET gbk', "'汉'", "'字'"],
  ['VARCHAR(20) CHARACTER SET sjis', "'あ'", "'ア'"],
  ['VARCHAR(20) CHARACTER SET utf16', "'😀'", "'😁'"],
  ['VARCHAR(20) CHARACTER SET ucs2', "'a'", "'b'"],
  ['VARCHAR(20) CHARACTER SET binary', "'a'", "'A'", "'a\\0'"],
  ['TINYTEXT', "'a'", "'A'"],
  ['TEXT', "'a'", "'A'", "'a '"],
  ['MEDIUMTEXT', "REPEAT('x', 70000)", "CONCAT(REPEAT('x', 69999), 'X')"],
  ['LONGTEXT', "REPEAT('x', 300000)", "CONCAT(REPEAT('x', 299999), 'y')"],
  ['BINARY(4)', "X'01'", "X'0100'", "X'01000001'", "X'0020'"].filter((text) => text !== "X'0100'") as [string, string],
  ['VARBINARY(8)', "X'01'", "X'0100'", "X'0120'", "X''", 'NULL'],
  ['TINYBLOB', "X'00'", "X''", "X'0000'"],
  ['BLOB', "X'FF'", "X'FE'"],
  ['MEDIUMBLOB', "REPEAT(X'AB', 70000)", "CONCAT(REPEAT(X'AB', 69999), X'AC')"],
  ['LONGBLOB', "X'C3A9'", "X'E9'"],
  ["ENUM('', 'a', 'b', '1', '2')", "'1'", "'2'", "''", 'NULL'],
  ["SET('a', 'b', 'c')", "'a,b'", "'a'", "'a,b,c'", "''"],
  ['JSON', `'{"a": 1}'`, `'{"a": 1.0}'`, `'{"a": "1"}'`, `'{"A": 1}'`, `'null'`, 'NULL'],
  ['DATE', "'2026-02-28'", "'2026-02-27'", "'0000-00-00'", "'2026-02-00'"],
  ['TIME(6)', "'-838:59:59.000000'", "'838:59:59.000000'", "'00:00:00.000001'"],
  ['DATETIME(6)', "'2026-01-01 00:00:00.000001'", "'2026-01-01 00:00:00.000002'", "'0000-00-00 00:00:00'"],
  [
    'TIMESTAMP(6) NULL',
    "'2026-01-01 00:00:00.000001'",
    "'2026-01-01 00:00:00.000002'",
    "'0000-00-00 00:00:00'",
    'NULL',
  ],
  ['YEAR', '1901', '2155', '0', 'NULL'],
  [
    'GEOMETRY',
    "ST_GeomFromText('POINT(1 2)')",
    "ST_GeomFromText('POINT(1 2.0000000000000004)')",
    "ST_GeomFromText('POINT(1 2)', 4326)",
  ],
  ['POINT SRID 4326', "ST_GeomFromText('POINT(1 2)', 4326)", "ST_GeomFromText('POINT(2 1)', 4326)"],
  ['POLYGON', "ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))')", "ST_GeomFromText('POLYGON((0 0,1 1,1 0,0 0))')", 'NULL'],
  ['VECTOR(2)', "TO_VECTOR('[1,2]')", "TO_VECTOR('[1,2.0000002]')", 'NULL'],
];

/** What a copy converts: original type and value, shadow type, the value that the conversion gives, values near it. */
const CONVERTED: readonly (readonly [from: string, value: string, to: string, near: string])[] = [
  ['INT', '7', 'BIGINT UNSIGNED', '8'],
  ['INT', '7', 'DECIMAL(20,5)', '7.00001'],
  ['INT', '7', 'DOUBLE', '7.0000000001'],
  ['DOUBLE', '0.12345678', 'FLOAT', '0.12345679'],
  ['INT', '7', 'VARCHAR(20)', "'7 '"],
  ['VARCHAR(20)', "'007'", 'INT', '8'],
  ['DECIMAL(10,2)', '1.10', 'DECIMAL(20,6)', '1.100001'],
  ['DECIMAL(10,2)', '1.10', 'VARCHAR(20)', "'1.1'"],
  ['FLOAT', '0.1', 'DOUBLE', '0.1'],
  ['DOUBLE', '0.25', 'DECIMAL(20,10)', '0.2500000001'],
  ['BIT(8)', "b'101'", 'INT', '6'],
  ['CHAR(10)', "'a'", 'VARCHAR(20)', "'A'"],
  ['VARCHAR(20) CHARACTER SET latin1', "'é'", 'VARCHAR(20) CHARACTER SET utf8mb4', "'É'"],
  ['VARCHAR(20) CHARACTER SET gbk', "'汉'", 'TEXT CHARACTER SET utf8mb4', "'字'"],
  ['TEXT', "'a '", 'LONGTEXT', "'a'"],
  ['VARCHAR(20)', "'a'", 'CHAR(30)', "'A'"],
  ['BINARY(4)', "X'01'", 'VARBINARY(8)', "X'01'"],
  ['VARBINARY(4)', "X'01'", 'BLOB', "X'0100'"],
  ["ENUM('a', 'b')", "'b'", "ENUM('a', 'b', 'c')", "'c'"],
  ["ENUM('a', 'b')", "'b'", 'VARCHAR(10)', "'B'"],
  ["SET('a', 'b')", "'a,b'", 'VARCHAR(10)', "'b,a'"],
  ['JSON', `'{"a": 1}'`, 'LONGTEXT', `'{"a":1}'`],
  ['LONGTEXT', `'{"a":1}'`, 'JSON', `'{"a": 2}'`],
  ['DATE', "'2026-01-01'", 'DATETIME(3)', "'2026-01-01 00:00:00.001'"],
  ['DATETIME(3)', "'2026-01-01 00:00:00.123'", 'DATETIME(6)', "'2026-01-01 00:00:00.123001'"],
  ['DATETIME', "'2026-07-01 12:00:00'", 'TIMESTAMP NULL', "'2026-07-01 12:00:01'"],
  ['TIMESTAMP(6) NULL', "'2026-07-01 12:00:00.5'", 'DATETIME(6)', "'2026-07-01 12:00:00.500001'"],
  ['TIME', "'12:00:00'", 'TIME(3)', "'12:00:00.001'"],
  ['YEAR', '2026', 'SMALLINT', '2027'],
  ['POINT', "ST_GeomFromText('POINT(1 2)')", 'GEOMETRY', "ST_GeomFromText('POINT(1 3)')"],
];

let space: TestNamespace;
let server: MysqlServer;
let session: Session;
beforeAll(async () => {
  space = await TestNamespace.create('checksum');
  server = await MysqlServer.open(connectionConfig(space.server));
  session = await server.connect({ settings: ROW_SETTINGS, namespace: space.name });
});
afterAll(async () => {
  await session.close();
  await server.close();
  await space.drop();
});

/** An original with one row and a shadow into which it has been copied as the engine does. */
async function copied(from: string, to: string, value: string): Promise<TableRows> {
  await session.execute('DROP TABLE IF EXISTS t, _t_sterna_new');
  await session.execute(`CREATE TABLE t (id INT PRIMARY KEY, c ${from})`);
  await session.execute(`CREATE TABLE _t_sterna_new (id INT PRIMARY KEY, c ${to})`);
  await session.execute(`INSERT INTO t VALUES (1, ${value}), (2, ${value})`);
  const key = await trackedKey(session, space.name);
  if (key === null) throw new Error('no key');
  const [original, shadow] = [
    await readColumns(session, space.name, 't'),
    await readColumns(session, space.name, '_t_sterna_new'),
  ];
  const pairs = pairColumns(original, shadow);
  const rows = new TableRows('t', space.name, 't', key, pairs, [...pairs, ...pairStored(original, shadow)]);
  expect(await rows.copy(session, {})).toEqual({ rows: 2 });
  expect(await rows.equal(session, {}), 'equal after the copy').toEqual({ equal: true, rows: 2 });
  return rows;
}

async function seesEach(rows: TableRows, near: readonly string[]): Promise<void> {
  for (const other of near) {
    // Not an UPDATE, which leaves JSON as it is when the numbers in it are equal.
    await session.execute(`REPLACE INTO _t_sterna_new VALUES (2, ${other})`);
    expect((await rows.equal(session, {})).equal, `${other} is seen`).toBe(false);
    expect(await rows.differing(session, {}), other).toEqual([['2']]);
    await rows.flush(session, [['2']]);
    expect((await rows.equal(session, {})).equal, `${other} is repaired`).toBe(true);
  }
}

describe('the comparison sees what differs (E3)', () => {
  it.each(SAME)('in %s: %s', async (type, value, ...near) => {
    await seesEach(await copied(type, type, value), near);
  });

  it.each(CONVERTED)('when %s %s becomes %s', async (from, value, to, near) => {
    await seesEach(await copied(from, to, value), [near, 'NULL']);
  });

  it('also when two rows changed alike, which cancels out in an XOR', async () => {
    const rows = await copied('VARCHAR(10)', 'VARCHAR(10)', "'paid'");
    await session.execute("UPDATE _t_sterna_new SET c = 'open'");
    expect((await rows.equal(session, {})).equal).toBe(false);
  });

  it('in what both sides have computed, as when it depends on the time zone of a session', async () => {
    await session.execute('DROP TABLE IF EXISTS t, _t_sterna_new');
    await session.execute(
      'CREATE TABLE t (id INT PRIMARY KEY, at TIMESTAMP NULL, c DATE AS (DATE(at)) STORED, v INT AS (id + 1) VIRTUAL)',
    );
    await session.execute('CREATE TABLE _t_sterna_new LIKE t');
    await space.query("SET time_zone = '+05:30'");
    await space.query("INSERT INTO t (id, at) VALUES (1, '2026-06-01 01:00:00')");
    const columns = await readColumns(session, space.name, 't');
    const key = await trackedKey(session, space.name);
    if (key === null) throw new Error('no key');
    const pairs = pairColumns(columns, columns);
    expect(pairs.map(({ shadow }) => shadow.name)).toEqual(['id', 'at']);
    const rows = new TableRows('t', space.name, 't', key, pairs, [...pairs, ...pairStored(columns, columns)]);
    await rows.copy(session, {});
    expect((await rows.equal(session, {})).equal).toBe(false);
  });

  it('and a row that the shadow has twice, where no unique key of it forbids that', async () => {
    await session.execute('DROP TABLE IF EXISTS t, _t_sterna_new');
    await session.execute('CREATE TABLE t (id INT PRIMARY KEY, c INT)');
    await session.execute('CREATE TABLE _t_sterna_new (id INT NOT NULL, c INT, KEY id (id))');
    await session.execute('INSERT INTO t VALUES (1, 1), (2, 2)');
    const key = await trackedKey(session, space.name);
    if (key === null) throw new Error('no key');
    const columns = await readColumns(session, space.name, 't');
    const pairs = pairColumns(columns, columns);
    const rows = new TableRows('t', space.name, 't', key, pairs, pairs, null);
    // Also when it is copied a second time, after a flush has brought a row.
    await rows.flush(session, [['2']]);
    expect(await rows.copy(session, {})).toEqual({ rows: 2 });
    expect(await rows.equal(session, {})).toEqual({ equal: true, rows: 2 });
    await session.execute('INSERT INTO _t_sterna_new VALUES (2, 2)');
    expect((await rows.equal(session, {})).equal).toBe(false);
    expect(await rows.differing(session, {})).toEqual([['2']]);
    await rows.flush(session, [['2']]);
    expect(await rows.equal(session, {})).toEqual({ equal: true, rows: 2 });
  });

  it('and a row that only one side has', async () => {
    const rows = await copied('INT', 'INT', '1');
    await session.execute('DELETE FROM _t_sterna_new WHERE id = 1');
    await session.execute('INSERT INTO _t_sterna_new VALUES (3, 1)');
    expect((await rows.equal(session, {})).equal).toBe(false);
    expect((await rows.differing(session, {})).sort()).toEqual([['1'], ['3']]);
    await rows.flush(session, [['1'], ['3']]);
    expect(await rows.equal(session, {})).toEqual({ equal: true, rows: 2 });
  });
});
