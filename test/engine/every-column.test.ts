import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectNoLeaks } from '../support/leaks.js';
import { both, changeWhileWritten, definitionOf, everyRow, MIRROR_SESSION } from '../support/mirror.js';
import { TestNamespace } from '../support/namespace.js';

/** A column as it is defined, and values as SQL: the ends of its type, what is easily taken for something else, nothing. */
type Column = readonly [definition: string, ...values: string[]];

const text = (charset: string, ...values: string[]): Column => [
  `VARCHAR(40) CHARACTER SET ${charset}`,
  ...values,
  "''",
  'NULL',
];

const COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  numbers: [
    ['TINYINT', '-128', '127', '0', 'NULL'],
    ['TINYINT UNSIGNED NOT NULL', '255', '0'],
    ['BOOLEAN', 'TRUE', 'FALSE', 'NULL'],
    ['SMALLINT', '-32768', '32767'],
    ['MEDIUMINT', '-8388608', '8388607'],
    ['INT', '-2147483648', '2147483647'],
    ['INT(7) UNSIGNED ZEROFILL', '4294967295', '1', 'NULL'],
    ['BIGINT', '-9223372036854775808', '9223372036854775807', '9007199254740993'],
    ['BIGINT UNSIGNED', '18446744073709551615', '9007199254740993', 'NULL'],
    [
      'DECIMAL(65,30)',
      '99999999999999999999999999999999999.999999999999999999999999999999',
      '-0.000000000000000000000000000001',
      'NULL',
    ],
    ['DECIMAL(10,0) UNSIGNED', '9999999999', '0'],
    ['FLOAT', '3.4028234e38', '1.17549435e-38', '0.1', '-0.0', '16777217', 'NULL'],
    ['DOUBLE', '1.7976931348623157e308', '2.2250738585072014e-308', '0.1', '-0.0', 'NULL'],
    ['DOUBLE(10,3)', '0.001', '-9999999.999'],
    ['BIT(1)', "b'0'", "b'1'", 'NULL'],
    ['BIT(64)', '18446744073709551615', '0', '1'],
  ],
  texts: [
    ['CHAR(255)', "''", "'a'", "REPEAT('😀', 255)", 'NULL'],
    ['VARCHAR(300)', "'a '", "'A'", "REPEAT('é', 300)", "''", 'NULL'],
    ["VARCHAR(9) NOT NULL DEFAULT 'it''s \\\\' COMMENT 'a ''comment''; `x`'", "'\\0'", "'\\n\\\\'"],
    ['TINYTEXT', "REPEAT('x', 255)", "''", 'NULL'],
    ['TEXT', "REPEAT('é', 20000)", "'a '", 'NULL'],
    ['MEDIUMTEXT', "REPEAT('x', 70000)", "''", "'a'", "'b'", "'c'", "'d'", "'e'", "'f'", 'NULL'],
    ['LONGTEXT', "'😀'", "''"],
    text('latin1', "'é€'", "X'818D8F909D'"),
    text('gbk', "'汉字'", "'¤'"),
    text('gb18030', "'汉😀'"),
    text('big5', "'漢'"),
    text('sjis', "'あア～'", "'\\\\'"),
    text('cp932', "'～①'"),
    text('ujis', "'あ'"),
    text('eucjpms', "'①'"),
    text('euckr', "'한'"),
    text('cp1251', "'жЖ'"),
    text('koi8r', "'ж'"),
    text('ascii', "'a~'"),
    text('utf8mb3', "'汉é'"),
    text('utf8mb4 COLLATE utf8mb4_bin', "'😀 '", "'a'", "'A'"),
    text('ucs2', "'汉'"),
    text('utf16', "'😀'"),
    text('utf16le', "'😀'"),
    text('utf32', "'😀'"),
    text('swe7', "'a'", "'åä'"),
    ...['dec8', 'hp8', 'geostd8', 'keybcs2'].map((charset) => text(charset, "'a'", "X'E9'")),
    ["ENUM('x', 'å') CHARACTER SET swe7", "'å'", 'NULL'],
    ["ENUM('', 'a', 'é', '1', '0')", "''", "'é'", "'0'", "'1'", 'NULL'],
    [
      `SET(${Array.from({ length: 64 }, (_, i) => `'m${i}'`).join(', ')})`,
      '18446744073709551615',
      "''",
      "'m63,m0'",
      'NULL',
    ],
  ],
  bytes: [
    ['VARCHAR(20) CHARACTER SET binary', "X'00FF80'", "''", "'a'"],
    ['BINARY(4)', "X'01'", "X'01000020'", "X'00000000'", 'NULL'],
    ['VARBINARY(8)', "X''", "X'00'", "X'0020'", "X'FFFE'", 'NULL'],
    ['TINYBLOB', "X''", "REPEAT(X'00', 255)"],
    ['BLOB', "REPEAT(X'E9', 20000)", 'NULL'],
    ['MEDIUMBLOB', "X'C3'", "X''"],
    ['LONGBLOB', "X'27005C'", 'NULL'],
  ],
  times: [
    ['DATE', "'0000-00-00'", "'2026-02-00'", "'1000-01-01'", "'9999-12-31'", 'NULL'],
    ['TIME', "'-838:59:59'", "'838:59:59'", "'00:00:00'"],
    ['TIME(6)', "'-00:00:00.000001'", "'838:59:59'", 'NULL'],
    ['DATETIME', "'0000-00-00 00:00:00'", "'1000-01-01 00:00:00'", "'9999-12-31 23:59:59'"],
    ['DATETIME(6)', "'9999-12-31 23:59:59.999999'", "'2026-00-00 00:00:00.5'", 'NULL'],
    ['TIMESTAMP NULL', "'1970-01-01 00:00:01'", "'2038-01-19 03:14:07'", "'0000-00-00 00:00:00'", 'NULL'],
    [
      'TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)',
      "'2038-01-19 03:14:07.999999'",
      "'2026-03-29 02:30:00.000001'",
    ],
    ['YEAR', '0', '1901', '2155', 'NULL'],
  ],
  vectors: [
    ['VECTOR(3)', "TO_VECTOR('[1,-2.5,3e38]')", "TO_VECTOR('[0,0,0]')", 'NULL'],
    ['INT UNSIGNED', '4294967295', 'NULL'],
    ['VECTOR', "TO_VECTOR('[1e-37]')", `TO_VECTOR(CONCAT('[1', REPEAT(',2.5', 2047), ']'))`, 'NULL'],
    ['CHAR(9) CHARACTER SET gbk', "'汉'", "''", 'NULL'],
    ['VECTOR(1) NOT NULL', "TO_VECTOR('[7]')"],
    ['DATETIME(6)', "'2026-01-02 03:04:05.678901'", 'NULL'],
  ],
  'places and documents': [
    [
      'GEOMETRY',
      "ST_GeomFromText('POINT(1 2)')",
      "ST_GeomFromText('POINT(1 2)', 4326)",
      "ST_GeomFromText('GEOMETRYCOLLECTION EMPTY')",
      'NULL',
    ],
    [
      'POINT NOT NULL SRID 4326',
      "ST_GeomFromText('POINT(89.99999 -179.99999)', 4326)",
      "ST_GeomFromText('POINT(0 0)', 4326)",
    ],
    ['LINESTRING', "ST_GeomFromText('LINESTRING(0 0, 1e300 -1e-300)')", 'NULL'],
    ['POLYGON', "ST_GeomFromText('POLYGON((0 0,4 0,4 4,0 0),(1 1,2 1,2 2,1 1))')", 'NULL'],
    ['MULTIPOINT', "ST_GeomFromText('MULTIPOINT((0 0),(1 1))')", 'NULL'],
    ['MULTILINESTRING SRID 0', "ST_GeomFromText('MULTILINESTRING((0 0,1 1),(2 2,3 3))')", 'NULL'],
    ['MULTIPOLYGON', "ST_GeomFromText('MULTIPOLYGON(((0 0,1 0,1 1,0 0)))')", 'NULL'],
    ['GEOMETRYCOLLECTION', "ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,1 1))')", 'NULL'],
    [
      'JSON',
      `'{"b": [1, 1.0, -0.0, 1e400, null, true, "\\\\u0000 😀"], "a": {}}'`.replace('1e400', '1e300'),
      "'18446744073709551615'",
      '\'"a \\\\\\\\ string"\'',
      "JSON_OBJECT('date', CAST('2026-01-01' AS DATE), 'time', CAST('10:11:12.000001' AS TIME(6)), 'bytes', CAST(X'00FF' AS BINARY), 'decimal', CAST(1.10 AS DECIMAL(30,20)))",
      "'null'",
      'NULL',
    ],
  ],
};

let space: TestNamespace;
beforeEach(async () => {
  space = await TestNamespace.create('columns');
  await space.query(MIRROR_SESSION);
});
afterEach(async () => {
  await expectNoLeaks({ namespaces: [space] });
  await space.drop();
});

/** Changes `t` while it is written to, and expects what the server itself makes of the mirror. */
async function changed(alter: string, write: (time: number) => Promise<void>): Promise<void> {
  await changeWhileWritten(space, alter, write);
  await space.query(`ALTER TABLE mirror ${alter}`);
  expect(await definitionOf(space, 't')).toBe(await definitionOf(space, 'mirror'));
  expect(await everyRow(space, 't')).toEqual(await everyRow(space, 'mirror'));
}

describe('every type of column with every kind of value, copied while rows change (E2, E3)', () => {
  it.each(Object.entries(COLUMNS))('%s', async (_, columns) => {
    const names = columns.map((__, i) => `c${i}`);
    const values = (n: number): string[] => columns.map(([, ...each]) => each[n % each.length] ?? 'NULL');
    const insert = async (from: number, to: number): Promise<void> => {
      const rows = Array.from({ length: to - from }, (__, i) => `(${[from + i, ...values(from + i)].join(', ')})`);
      await both(space, (table) => `INSERT INTO ${table} (n, ${names.join(', ')}) VALUES ${rows.join(', ')}`);
    };
    await both(
      space,
      (table) =>
        `CREATE TABLE ${table} (n INT PRIMARY KEY, v INT, ${columns.map(([type], i) => `c${i} ${type}`).join(', ')})`,
    );
    for (let n = 0; n < 1_200; n += 200) await insert(n, n + 200);
    await changed('MODIFY v BIGINT', async (time) => {
      for (let n = 0; n < 24; n += 1) {
        const sets = values(n + time).map((value, i) => `c${i} = ${value}`);
        await both(space, (table) => `UPDATE ${table} SET ${sets.join(', ')} WHERE n % 24 = ${n} AND n % 5 = ${time}`);
      }
      await both(space, (table) => `DELETE FROM ${table} WHERE n % 17 = ${time}`);
      await insert(1_200 + 50 * time, 1_250 + 50 * time);
    });
  });

  it('columns that are computed, hidden, filled by an expression or by themselves', async () => {
    await both(
      space,
      (table) => `CREATE TABLE ${table} (
        id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, n INT NOT NULL, v INT, hidden INT NOT NULL DEFAULT 3 INVISIBLE,
        made VARCHAR(40) DEFAULT (CONCAT('x', 1 + 1)), doc JSON DEFAULT (JSON_ARRAY(1)),
        twice BIGINT AS (v * 2) VIRTUAL, thrice BIGINT GENERATED ALWAYS AS (v * 3) STORED NOT NULL,
        nothing INT AS (NULL) VIRTUAL INVISIBLE, UNIQUE KEY n (n), KEY twice (twice))`,
    );
    const insert = (from: number, to: number): Promise<void> =>
      both(
        space,
        (table) =>
          `INSERT INTO ${table} (id, n, v, hidden) SELECT n - 5, n, n % 9, -n FROM (WITH RECURSIVE s (n) AS (SELECT ${from} UNION ALL SELECT n + 1 FROM s WHERE n + 1 < ${to}) SELECT n FROM s) q`,
      );
    await insert(0, 1_200); // ids from -5 on, and 0 among them
    await changed("MODIFY v BIGINT NOT NULL, MODIFY made VARCHAR(50) DEFAULT (UPPER('y'))", async (time) => {
      await both(
        space,
        (table) => `UPDATE ${table} SET v = v + 1, hidden = hidden - 1, made = NULL WHERE n % 5 = ${time}`,
      );
      await both(space, (table) => `UPDATE ${table} SET id = -id - 100000 WHERE n % 17 = ${time} AND id < 10`);
      await both(space, (table) => `DELETE FROM ${table} WHERE n % 19 = ${time}`);
      await both(space, (table) => `INSERT INTO ${table} (n, v) VALUES (${-time}, 1)`); // with an id of the counter
      await insert(10_000 * time, 10_000 * time + 50);
    });
    await both(space, (table) => `INSERT INTO ${table} (n, v) VALUES (-9, 1)`);
    expect(await everyRow(space, 't')).toEqual(await everyRow(space, 'mirror'));
  });

  it('a start of the automatic ids, below which none is given', async () => {
    await both(space, (table) => `CREATE TABLE ${table} (id INT AUTO_INCREMENT PRIMARY KEY, n INT, v INT)`);
    await both(space, (table) => `INSERT INTO ${table} (n, v) VALUES (1, 1), (2, 2), (3, 3)`);
    await changed('MODIFY v BIGINT, AUTO_INCREMENT = 5000', (time) =>
      both(space, (table) => `INSERT INTO ${table} (n) VALUES (${time + 3})`),
    );
    await both(space, (table) => `INSERT INTO ${table} (n) VALUES (99)`);
    expect(await space.query('SELECT id FROM t WHERE n = 99')).toEqual([{ id: 5000 }]);
    expect(await everyRow(space, 't')).toEqual(await everyRow(space, 'mirror'));
  });

  it.each([
    ['an enum that is none of its members', "c ENUM('a', 'b')", "'none of them'"],
    ['a day that no month has', 'c DATE', "'2026-02-31'"],
  ])('values that only a lax session could write: %s', async (_, column, value) => {
    await space.query("SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'");
    await both(space, (table) => `CREATE TABLE ${table} (n INT PRIMARY KEY, v INT, ${column})`);
    await both(space, (table) => `INSERT INTO ${table} VALUES (1, 1, ${value})`);
    await changed('MODIFY v BIGINT', (time) =>
      both(space, (table) => `INSERT INTO ${table} VALUES (${time + 1}, 1, ${value})`),
    );
  });
});
