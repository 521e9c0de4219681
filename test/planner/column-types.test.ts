import { describe, expect, it } from 'vitest';
import { keepsKeyValues } from '../../src/mysql/index.js';
import { growsInPlace, membersKeepTheirPlace, narrowing } from '../../src/planner/column-types.js';

const utf8 = { from: 'utf8mb4', to: 'utf8mb4' };

describe('narrowing', () => {
  it.each([
    ['int', 'bigint'],
    ['tinyint unsigned', 'smallint'],
    ['int unsigned', 'bigint'],
    ['int', 'decimal(10,0)'],
    ['decimal(10,2)', 'decimal(12,2)'],
    ['float', 'double'],
    ['varchar(10)', 'varchar(20)'],
    ['char(5)', 'varchar(5)'],
    ['varchar(100)', 'text'],
    ['text', 'longtext'],
    ['varbinary(5)', 'blob'],
    ["enum('a','b')", "enum('a','b','c')"],
    ['datetime', 'datetime(3)'],
    ['date', 'datetime'],
    ['bit(3)', 'bit(8)'],
    ['vector(2)', 'vector(3)'],
  ])('%s to %s keeps every value', (from, to) => {
    expect(narrowing(from, to, utf8)).toBeNull();
  });

  it.each([
    ['bigint', 'int'],
    ['int', 'int unsigned'],
    ['int unsigned', 'int'],
    ['decimal(10,2)', 'decimal(10,1)'],
    ['decimal(10,2)', 'decimal(10,3)'],
    ['double', 'float'],
    ['bigint', 'decimal(10,0)'],
    ['varchar(20)', 'varchar(10)'],
    ['longtext', 'text'],
    ['text', 'varchar(100)'],
    ['varbinary(5)', 'binary(5)'],
    ["enum('a','b')", "enum('a')"],
    ['datetime(3)', 'datetime'],
    ['int', 'varchar(5)'],
    ['json', 'text'],
    ['datetime', 'date'],
    ['timestamp', 'datetime'],
    ['varchar(20)', 'char(20)'],
    ['vector(3)', 'vector(2)'],
  ])('%s to %s may lose something, and says what', (from, to) => {
    expect(narrowing(from, to, utf8)).toContain(`${from} to ${to}`);
  });
});

it('lets enums and sets grow at the end only', () => {
  expect(membersKeepTheirPlace("enum('a','b')", "enum('a','b','c')")).toBe(true);
  expect(membersKeepTheirPlace("enum('a','b')", "enum('b','a')")).toBe(false);
  expect(membersKeepTheirPlace("set('a')", "enum('a')")).toBe(false);
  expect(membersKeepTheirPlace('int', 'bigint')).toBe(true);
});

it('knows when a longer VARCHAR needs one more length byte', () => {
  expect(growsInPlace('varchar(10)', 'varchar(63)', 'utf8mb4')).toBe(true);
  expect(growsInPlace('varchar(63)', 'varchar(64)', 'utf8mb4')).toBe(false);
  expect(growsInPlace('varchar(100)', 'varchar(200)', 'latin1')).toBe(true);
  expect(growsInPlace('varchar(20)', 'varchar(10)', 'utf8mb4')).toBe(false);
});

it('knows which changes of a key column make other values of it without a word', () => {
  const yes = [
    'int>bigint',
    'bigint>int unsigned',
    'varchar(9)>varchar(3)',
    'decimal(9,2)>decimal(12,4)',
    'date>date',
    'time>time(3)',
  ];
  const no = [
    'int>decimal(9)',
    'varchar(9)>char(9)',
    'decimal(9,2)>decimal(9,1)',
    'binary(2)>binary(4)',
    'datetime(6)>datetime(3)',
    'timestamp>datetime',
  ];
  const pairOf = (text: string): [string, string] => text.split('>') as [string, string];
  expect(yes.filter((text) => !keepsKeyValues(...pairOf(text)))).toEqual([]);
  expect(no.filter((text) => keepsKeyValues(...pairOf(text)))).toEqual([]);
});
