import { describe, expect, it } from 'vitest';
import { keyCompare, keyIn, keyRange, literal, selectedKey, selectKey, type TrackedKey } from '../../src/engine/key.js';

const single: TrackedKey = { indexName: 'PRIMARY', parts: [{ name: 'id', kind: 'integer' }] };
const pair: TrackedKey = {
  indexName: 'PRIMARY',
  parts: [
    { name: 'a', kind: 'text', charset: 'utf8mb4' },
    { name: 'b', kind: 'binary', padTo: 4 },
  ],
};

it('takes a year as the binlog has it: counted from 1900, but for the year 0', () => {
  const year = { name: 'y', kind: 'year' } as const;
  expect([1900, 1901, 2155].map((value) => literal(year, value))).toEqual(['0', '1901', '2155']);
});

it('writes text so that it can be read where its bytes say what they mean, and as its bytes elsewhere (E2)', () => {
  const text = (charset: string, bytes: string): string =>
    literal({ name: 't', kind: 'text', charset }, Buffer.from(bytes, 'latin1'));
  expect(text('utf8mb4', '\xc3\xa9 \xf0\x9f\x98\x80')).toBe("'é 😀'");
  expect(text('utf8mb4', '\xef\xbb\xbfa')).toBe("'\ufeffa'"); // no mark, but a character
  expect(text('ascii', "it's")).toBe(`'it\\'s'`);
  expect(text('latin1', 'Az_09 .:-')).toBe("'Az_09 .:-'");
  expect(text('latin1', '\xe9\x81')).toBe("_latin1 X'e981'");
  expect(text('swe7', 'a}')).toBe("_swe7 X'617d'"); // not a brace there
  expect(text('gbk', 'a\n')).toBe("_gbk X'610a'");
  expect(text('utf16', 'ab')).toBe("_utf16 X'6162'"); // one character
  expect(text('utf16', '')).toBe("_utf16 X''");
});

it('takes no text that is none in its charset for another one (E2)', () => {
  const part = { name: 't', kind: 'text', charset: 'utf8mb4' } as const;
  expect(() => literal(part, Buffer.from([0x61, 0xff]))).toThrow(
    expect.objectContaining({ code: 'binlog_unreadable' }),
  );
});

it('selects text as its bytes under other names, so that ORDER BY means the columns', () => {
  expect(selectKey(pair, 'o.')).toBe('CAST(o.`a` AS BINARY) AS _sterna_key_0, o.`b` AS _sterna_key_1');
  expect(selectedKey(pair, { _sterna_key_0: Buffer.from('x'), _sterna_key_1: Buffer.from('y') })).toEqual([
    "'x'",
    "X'79000000'",
  ]);
});

describe('literal', () => {
  it.each([
    ['integer', -5, '-5'],
    ['integer', '18446744073709551615', '18446744073709551615'],
    ['decimal', '-1.50', '-1.50'],
    ['text', Buffer.from(`it's "a" \\ back\nslash`), `'it\\'s \\"a\\" \\\\ back\\nslash'`],
    ['temporal', '0000-00-00', `'0000-00-00'`],
  ] as const)('writes a %s exactly', (kind, value, expected) => {
    expect(literal({ name: 'x', kind, charset: 'utf8mb4' }, value)).toBe(expected);
  });

  it('pads BINARY(n), whose trailing zeros the binlog leaves out', () => {
    expect(literal({ name: 'x', kind: 'binary', padTo: 4 }, Buffer.from([0x61]))).toBe(`X'61000000'`);
  });

  it.each([
    ['integer', null],
    ['integer', '1; DROP TABLE t'],
    ['text', 'x'],
    ['binary', 'x'],
  ] as const)('refuses what is no %s', (kind, value) => {
    expect(() => literal({ name: 'x', kind }, value)).toThrow(expect.objectContaining({ code: 'binlog_unreadable' }));
  });
});

describe('predicates', () => {
  it('compares a single column plainly', () => {
    expect(keyRange(single, { from: ['1'], to: ['9'] })).toBe('(`id` >= 1) AND (`id` < 9)');
    expect(keyRange(single, {})).toBe('TRUE');
  });

  it('expands composite bounds, which the server uses an index for', () => {
    expect(keyCompare(pair, '>=', [`'x'`, `X'01'`])).toBe(
      "`a` >= 'x' AND ((`a` > 'x') OR (`a` = 'x' AND `b` >= X'01'))",
    );
    expect(keyCompare(pair, '<', [`'x'`, `X'01'`])).toBe("`a` <= 'x' AND ((`a` < 'x') OR (`a` = 'x' AND `b` < X'01'))");
  });

  it('lists keys', () => {
    expect(keyIn(single, [['1'], ['2']])).toBe('`id` IN (1, 2)');
    expect(keyIn(pair, [[`'x'`, `X'01'`]], 'o.')).toBe("(o.`a`, o.`b`) IN (('x', X'01'))");
  });
});
