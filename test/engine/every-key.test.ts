import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace } from '../support/namespace.js';
import { EngineChange } from '../support/online-change.js';
import { until } from '../support/until.js';

interface KeyCase {
  readonly columns: string;
  readonly key: string;
  /** A row's key columns, as SQL over its number `n`: unique for 0 to 4,999. */
  readonly values: string;
  /** Values that no expression gives: the ends of a type, zero parts, … */
  readonly more?: readonly string[];
}

const one = (type: string, values: string, more: readonly string[] = []): KeyCase => ({
  columns: `k ${type} NOT NULL`,
  key: 'PRIMARY KEY (k)',
  values,
  more,
});
/** A text in each of these charsets, beside a number that makes the key unique: one that is read wrongly leads to no row. */
const texts = (charsets: readonly string[], valueIn: (charset: string) => string): KeyCase => ({
  columns: `${charsets.map((charset) => `k_${charset} VARCHAR(4) CHARACTER SET ${charset} COLLATE ${charset}_bin NOT NULL`).join(', ')}, z INT NOT NULL`,
  key: `PRIMARY KEY (${charsets.map((charset) => `k_${charset}`).join(', ')}, z)`,
  values: [...charsets.map(valueIn), 'n'].join(', '),
});
/** Every byte of charsets of one byte, also where it is no character. */
const bytesOf = (...charsets: string[]): KeyCase =>
  texts(charsets, (charset) => `CONVERT(UNHEX(LPAD(HEX(1 + n % 255), 2, '0')) USING ${charset})`);
const KEYS: Readonly<Record<string, KeyCase>> = {
  'every byte of charsets for the west': bytesOf(
    ...[
      'latin1',
      'latin2',
      'latin5',
      'latin7',
      'cp850',
      'cp852',
      'cp1250',
      'cp1257',
      'dec8',
      'hp8',
      'swe7',
      'macroman',
    ],
  ),
  'every byte of charsets for the east': bytesOf(
    ...['macce', 'keybcs2', 'koi8r', 'koi8u', 'cp866', 'cp1251', 'cp1256', 'greek', 'hebrew', 'armscii8', 'geostd8'],
    'tis620',
  ),
  'characters of several bytes': texts(
    ['big5', 'gbk', 'gb2312', 'sjis', 'cp932', 'ujis', 'eucjpms', 'euckr', 'gb18030', 'utf8mb3', 'ucs2'],
    (charset) => `CONVERT(CONCAT('あ', CHAR(0x4E00 + n * 3 USING ucs2)) USING ${charset})`,
  ),
  'characters of every plane': texts(
    ['utf16', 'utf16le', 'utf32', 'utf8mb4', 'gb18030'],
    (charset) => `CONVERT(CONCAT('😀', CHAR(0x4E00 + n * 3 USING ucs2), ' ') USING ${charset})`,
  ),
  'every character of ascii': texts(['ascii'], () => 'CONVERT(CHAR(1 + n % 127) USING ascii)'),
  'sjis, equal by its collation in other bytes': one(
    'VARCHAR(30) CHARACTER SET sjis',
    "CONVERT(CONCAT('Ａあｱ', n, 'x') USING sjis)",
    ["''"],
  ),
  'CHAR, gbk': one('CHAR(20) CHARACTER SET gbk', "CONCAT('汉', n, 'x ')", ["''"]),
  'INT, negative and zero': one('INT', 'n - 750', ['2147483647', '-2147483648']),
  BIGINT: one('BIGINT', 'n * 1000000007', ['9223372036854775807', '-9223372036854775808']),
  'BIGINT UNSIGNED from its end': one('BIGINT UNSIGNED', '18446744073709551615 - n', ['0']),
  'MEDIUMINT UNSIGNED': one('MEDIUMINT UNSIGNED', 'n', ['16777215']),
  'DECIMAL(30,10)': one('DECIMAL(30,10)', '(n - 750) * 0.0000000007', ['99999999999999999999.9999999999']),
  'VARCHAR, accents and cases equal': one('VARCHAR(30)', "CONCAT('é', n, 'x')", ["''", "'😀'", "'it''s \\\\'"]),
  'VARCHAR, equal with spaces behind': one('VARCHAR(30) COLLATE utf8mb4_general_ci', "CONCAT('x', n, ' ')"),
  'VARCHAR, binary collation': one('VARCHAR(30) COLLATE utf8mb4_bin', "CONCAT('x', n, ' ')"),
  'VARCHAR, latin1': one('VARCHAR(30) CHARACTER SET latin1', "CONCAT('é', n, 'x')"),
  'VARCHAR, utf16': one('VARCHAR(30) CHARACTER SET utf16', "CONCAT('😀', n, 'x')"),
  'CHAR, ucs2': one('CHAR(20) CHARACTER SET ucs2', "CONCAT('あ', n, 'x')"),
  YEAR: {
    columns: 'y YEAR NOT NULL, z INT NOT NULL',
    key: 'PRIMARY KEY (y, z)',
    values: 'IF(n % 50 = 0, 0, 1901 + n % 50), n',
  },
  CHAR: one('CHAR(12)', "CONCAT(n, 'x')", ["''"]),
  'BINARY, zeros behind': one('BINARY(6)', "UNHEX(LPAD(HEX(n * 256), 8, '0'))", ["X'20'"]),
  'VARBINARY, zeros and spaces behind': one('VARBINARY(8)', "CONCAT(UNHEX(LPAD(HEX(n), 4, '0')), X'0020')", [
    "X''",
    "X'00'",
  ]),
  'DATE, zero parts': one('DATE', "DATE_ADD('1990-01-01', INTERVAL n DAY)", [
    "'0000-00-00'",
    "'2026-02-00'",
    "'9999-12-31'",
  ]),
  'TIME(3)': one('TIME(3)', 'SEC_TO_TIME(n * 7.001 - 5000)', ["'-838:59:59'", "'838:59:59'"]),
  'DATETIME(6)': one('DATETIME(6)', "DATE_ADD('2026-01-01', INTERVAL n * 1000003 MICROSECOND)", ["'0000-00-00'"]),
  'TIMESTAMP(6)': one('TIMESTAMP(6)', "DATE_ADD('2026-01-01', INTERVAL n * 1000003 MICROSECOND)", [
    "'0000-00-00'",
    "'2038-01-19 03:14:07.999999'",
  ]),
  'text, binary and number': {
    columns: 'a VARCHAR(10) NOT NULL, b BINARY(2) NOT NULL, c INT NOT NULL',
    key: 'PRIMARY KEY (b, a, c)',
    values: "CHAR(97 + n % 26), UNHEX(LPAD(HEX(n % 7), 2, '0')), n",
  },
  'a unique key instead of a primary one': {
    columns: 'a INT NOT NULL, b VARCHAR(10) NOT NULL, z INT',
    key: 'UNIQUE KEY null_in_it (z), UNIQUE KEY whole (a, b)',
    values: "n % 40, CONCAT('b', n), NULL",
  },
  'a descending key': {
    columns: 'a INT NOT NULL, b INT NOT NULL',
    key: 'PRIMARY KEY (a DESC, b)',
    values: 'n DIV 10, n % 10',
  },
};

let space: TestNamespace;
beforeEach(async () => {
  space = await TestNamespace.create('keys');
  await space.query(
    "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO', time_zone = '+05:30', cte_max_recursion_depth = 10000",
  );
});
afterEach(async () => {
  await expectNoLeaks({ namespaces: [space] });
  await space.drop();
});

/** Everything is done to the table and to a mirror, which no change touches. */
async function both(sql: (table: string) => string): Promise<void> {
  for (const table of ['mirror', 't']) await space.query(sql(table));
}

function insert(values: string, from: number, to: number): Promise<void> {
  return both(
    (table) =>
      `INSERT INTO ${table} SELECT ${values}, n, 0 FROM (WITH RECURSIVE s (n) AS (SELECT ${from} UNION ALL SELECT n + 1 FROM s WHERE n + 1 < ${to}) SELECT n FROM s) q`,
  );
}

async function content(table: string, names: readonly string[]): Promise<unknown> {
  const keys = names.map((name) => `HEX(${name}) AS ${name}`).join(', ');
  return space.query(`SELECT ${keys}, n, CAST(v AS CHAR) AS v FROM ${table} ORDER BY n`);
}

describe('every key that is accepted, copied in chunks and followed while it changes (E2)', () => {
  it.each(Object.entries(KEYS))('%s', async (_, { columns, key, values, more = [] }) => {
    const names = [...columns.matchAll(/(?:^|, )(\w+) /g)].map(([, name = '']) => name);
    await both((table) => `CREATE TABLE ${table} (${columns}, n INT NOT NULL, v INT NOT NULL, ${key}, KEY (n))`);
    await insert(values, 0, 1_500);
    for (const [i, value] of more.entries())
      await both((table) => `INSERT INTO ${table} VALUES (${value}, ${-1 - i}, 0)`);
    await using change = await EngineChange.plan(space, 't', 'MODIFY v BIGINT NOT NULL');
    await change.prepare();
    await change.control({ volume: 8 }); // two chunks on one connection
    await change.copy();
    expect(change.progress.filter((p) => p.phase === 'copying').length).toBeGreaterThan(1);
    const holding = change.hold();
    await until('it holds', () => change.progress.some((p) => p.phase === 'holding'), { intervalMs: 5 });
    await both((table) => `UPDATE ${table} SET v = v + 1 WHERE n % 3 = 0 OR n < 0`);
    await both((table) => `DELETE FROM ${table} WHERE n % 7 = 0`);
    await insert(values, 1_500, 1_600);
    const moved = values.replaceAll(/\bn\b/g, '(n + 2000)');
    const sets = (to: string): string =>
      splitValues(to)
        .map((value, i) => `${names[i]} = ${value}`)
        .join(', ');
    await both((table) => `UPDATE ${table} SET ${sets(moved)}, v = v + 10 WHERE n % 11 = 0 AND n >= 0 ORDER BY n DESC`);
    // To what is the same key for a collation that takes upper for lower case, and another one for the others.
    if (/CHAR/.test(columns) && !/_bin NOT NULL, z/.test(columns)) {
      const text = names.find((name) => new RegExp(`\\b${name} (VAR)?CHAR`).test(columns)) ?? '';
      await both((table) => `UPDATE ${table} SET ${text} = UPPER(${text}) WHERE n % 13 = 0 AND n > 1300`);
    }
    if (more.length > 0) await both((table) => `DELETE FROM ${table} WHERE n = -1`);
    await change.control({ cutover: true });
    expect(await holding).toEqual({ outcome: 'asked' });
    expect(await change.cutOver()).toMatchObject({ outcome: 'done' });
    await change.cleanUp();
    expect(await content('t', names)).toEqual(await content('mirror', names));
    expect(change.logged.filter((line) => line.includes('differ'))).toEqual([]);
  });
});

/** Splits at commas outside of parentheses and quotes. */
function splitValues(list: string): string[] {
  const parts = [''];
  let depth = 0;
  let quoted = false;
  for (const c of list) {
    if (c === "'") quoted = !quoted;
    if (!quoted && c === '(') depth += 1;
    if (!quoted && c === ')') depth -= 1;
    if (!quoted && depth === 0 && c === ',') parts.push('');
    else parts.push((parts.pop() ?? '') + c);
  }
  return parts.map((part) => part.trim());
}
