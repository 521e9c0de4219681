import { describe, expect, it } from 'vitest';
import { keyCompare, keyIn, keyRange, literal, type TrackedKey } from '../../src/engine/key.js';

const single: TrackedKey = { indexName: 'PRIMARY', parts: [{ name: 'id', kind: 'integer' }] };
const pair: TrackedKey = {
  indexName: 'PRIMARY',
  parts: [
    { name: 'a', kind: 'text' },
    { name: 'b', kind: 'binary', padTo: 4 },
  ],
};

it('takes a year as the binlog has it: counted from 1900, but for the year 0', () => {
  const year = { name: 'y', kind: 'year' } as const;
  expect([1900, 1901, 2155].map((value) => literal(year, value))).toEqual(['0', '1901', '2155']);
});

it('knows a latin1 byte without a character from one with, since the reader cannot tell which it was (E2)', () => {
  const latin1 = { name: 't', kind: 'text', charset: 'latin1' } as const;
  expect(literal(latin1, 'é€')).toBe("'é€'");
  expect(() => literal(latin1, '\ufffd')).toThrow(expect.objectContaining({ code: 'binlog_unreadable' }));
  expect(literal({ ...latin1, charset: 'utf8mb4' }, '\ufffd')).toBe("'\ufffd'");
});

describe('literal', () => {
  it.each([
    ['integer', -5, '-5'],
    ['integer', '18446744073709551615', '18446744073709551615'],
    ['decimal', '-1.50', '-1.50'],
    ['text', `it's "a" \\ back\nslash`, `'it\\'s \\"a\\" \\\\ back\\nslash'`],
    ['temporal', '0000-00-00', `'0000-00-00'`],
  ] as const)('writes a %s exactly', (kind, value, expected) => {
    expect(literal({ name: 'x', kind }, value)).toBe(expected);
  });

  it('pads BINARY(n), whose trailing zeros the binlog leaves out', () => {
    expect(literal({ name: 'x', kind: 'binary', padTo: 4 }, Buffer.from([0x61]))).toBe(`X'61000000'`);
  });

  it.each([
    ['integer', null],
    ['integer', '1; DROP TABLE t'],
    ['text', Buffer.from('x')],
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
