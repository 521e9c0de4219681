import fc from 'fast-check';
import { expressions } from './expressions.js';
import type { Check, Column, Index, Options, Part, Partition, Partitions, Table, Value } from './model.js';
import { literal, names, texts } from './names.js';
import { soundTable } from './sound.js';
import { collations, types } from './types.js';

const rarely = (times: number): fc.Arbitrary<boolean> => fc.nat(times).map((n) => n === times);
const sometimes = <T>(weight: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.oneof({ weight: 10, arbitrary: fc.constant(null) }, { weight, arbitrary });

export const values: fc.Arbitrary<Value> = fc.record({
  kind: fc.constantFrom('null', 'literal', 'literal', 'expression', 'now'),
  text: texts,
  expression: expressions,
});

export const comments = fc.oneof({ weight: 4, arbitrary: fc.constant('') }, { weight: 1, arbitrary: texts });

const WORDS = [
  ...['COLUMN_FORMAT FIXED', 'COLUMN_FORMAT DYNAMIC', 'COLUMN_FORMAT DEFAULT', 'STORAGE MEMORY', 'STORAGE DISK'],
  ...['NOT SECONDARY', `SECONDARY_ENGINE_ATTRIBUTE '{"a": 1}'`],
];

/** Without an id: whoever takes one up gives it. */
export const columns: fc.Arbitrary<Omit<Column, 'id'>> = fc.record({
  name: names,
  renamedFrom: fc.constant(null),
  type: types,
  nullable: fc.boolean(),
  value: fc.option(values, { freq: 2 }),
  onUpdate: rarely(4),
  generated: sometimes(2, fc.record({ stored: fc.boolean(), expression: expressions })),
  autoIncrement: rarely(5),
  invisible: rarely(8),
  comment: comments,
  words: fc.oneof({ weight: 12, arbitrary: fc.constant('') }, { weight: 1, arbitrary: fc.constantFrom(...WORDS) }),
});

export const parts: fc.Arbitrary<Part> = fc.record({
  column: fc.nat(9),
  prefix: sometimes(3, fc.integer({ min: 1, max: 20 })),
  descending: rarely(4),
  expression: sometimes(2, expressions),
});

const KINDS = fc.oneof(
  { weight: 6, arbitrary: fc.constant('plain' as const) },
  { weight: 3, arbitrary: fc.constantFrom('unique' as const, 'fulltext' as const) },
  { weight: 1, arbitrary: fc.constantFrom('spatial' as const, 'primary' as const) },
);

export const indexes: fc.Arbitrary<Index> = fc.record({
  kind: KINDS,
  name: fc.oneof({ weight: 1, arbitrary: fc.constant(null) }, { weight: 4, arbitrary: names }),
  parts: fc.array(parts, { minLength: 1, maxLength: 3 }),
  invisible: rarely(5),
  comment: comments,
  ngram: fc.boolean(),
  blockSize: sometimes(1, fc.constantFrom(0, 1, 8)),
  attribute: rarely(15),
  using: fc.oneof(
    { weight: 10, arbitrary: fc.constant('') },
    { weight: 1, arbitrary: fc.constantFrom('USING BTREE', 'USING HASH') },
  ),
});

/** Mostly a counting number, and mostly the first column. */
const primary: fc.Arbitrary<Index> = fc
  .tuple(indexes, fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(9) }), rarely(3))
  .map(([index, column, isLong]) => ({
    ...index,
    kind: 'primary',
    parts: [{ column, prefix: null, descending: false, expression: null }, ...(isLong ? index.parts.slice(1) : [])],
  }));

export const checks: fc.Arbitrary<Check> = fc.record({
  name: fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: names }),
  expression: expressions,
  enforced: rarely(2).map((isNot) => !isNot),
});

export const partition: fc.Arbitrary<Partition> = fc.record({
  name: fc.oneof(
    fc.constantFrom('p0', 'p1', 'p2', 'pmax'),
    names.map((name) => name.slice(0, 12).trimEnd()),
  ),
  bound: fc.integer({ min: 1, max: 60 }),
  comment: comments,
  rows: sometimes(1, fc.constantFrom(1, 1000)),
  hasTablespace: rarely(15),
});

export const partitions: fc.Arbitrary<Partitions> = fc.record({
  method: fc.constantFrom('hash', 'key', 'range', 'list', 'range columns', 'list columns', 'range', 'list'),
  linear: rarely(3),
  algorithm: fc.constantFrom(0, 0, 1, 2),
  columns: fc.tuple(fc.nat(9), fc.nat(9)),
  form: fc.nat(3),
  count: fc.integer({ min: 1, max: 5 }),
  parts: fc.array(partition, { minLength: 1, maxLength: 4 }),
  maxvalue: fc.boolean(),
  subpartitions: sometimes(
    3,
    fc.record({
      method: fc.constantFrom('hash', 'key'),
      linear: rarely(3),
      column: fc.nat(9),
      count: fc.integer({ min: 1, max: 3 }),
      named: fc.boolean(),
    }),
  ),
});

/** Option and value, as they are written. */
export const option: fc.Arbitrary<readonly [string, string]> = fc.oneof(
  texts.map((text) => ['COMMENT', literal(text)] as const),
  fc
    .constantFrom('DEFAULT', 'DYNAMIC', 'COMPACT', 'REDUNDANT', 'COMPRESSED')
    .map((format) => ['ROW_FORMAT', format] as const),
  fc.constantFrom('4', '8', '0').map((size) => ['KEY_BLOCK_SIZE', size] as const),
  fc
    .constantFrom('STATS_PERSISTENT', 'STATS_AUTO_RECALC', 'PACK_KEYS')
    .chain((name) => fc.constantFrom('0', '1', 'DEFAULT').map((value) => [name, value] as const)),
  fc.constantFrom('1', '20', 'DEFAULT').map((pages) => ['STATS_SAMPLE_PAGES', pages] as const),
  fc
    .constantFrom('MAX_ROWS', 'MIN_ROWS', 'AVG_ROW_LENGTH', 'AUTO_INCREMENT')
    .chain((name) => fc.constantFrom('0', '7', '1000').map((value) => [name, value] as const)),
  fc
    .constantFrom('CHECKSUM', 'DELAY_KEY_WRITE')
    .chain((name) => fc.constantFrom('0', '1').map((value) => [name, value] as const)),
  fc.constantFrom("'zlib'", "'none'", "'lz4'", "''").map((value) => ['COMPRESSION', value] as const),
  fc.constantFrom('4M', '8M', '0').map((value) => ['AUTOEXTEND_SIZE', value] as const),
  fc.constantFrom(`'{"a": "x"}'`, "''").map((value) => ['SECONDARY_ENGINE_ATTRIBUTE', value] as const),
  fc.constantFrom('NO', 'FIRST', 'LAST').map((value) => ['INSERT_METHOD', value] as const),
  fc.constantFrom("'a b'", "''").map((value) => ['CONNECTION', value] as const),
  fc.constant(['ENCRYPTION', "'N'"] as const),
  fc.constantFrom('rapid', 'NULL').map((value) => ['SECONDARY_ENGINE', value] as const),
  fc.constantFrom('innodb_system', 'innodb_file_per_table').map((value) => ['TABLESPACE', value] as const),
);

export const options: fc.Arbitrary<Options> = fc.record({
  collation: fc.option(collations, { freq: 2 }),
  others: fc.array(option, { maxLength: 2 }).map((all) => Object.fromEntries(all)),
});

export const tables: fc.Arbitrary<Table> = fc
  .record({
    columns: fc.array(columns, { minLength: 1, maxLength: 8 }),
    counts: fc.nat(7),
    primary: fc.oneof({ weight: 1, arbitrary: fc.constant(null) }, { weight: 14, arbitrary: primary }),
    indexes: fc.array(indexes, { maxLength: 4 }),
    checks: fc.oneof(
      { weight: 2, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(checks, { maxLength: 2 }) },
    ),
    partitions: sometimes(2, partitions),
    options,
  })
  .map(({ columns: found, counts, primary: key, ...rest }) => {
    const [first, ...others] = found.map((column, id) => ({ ...column, id }));
    const id = {
      name: 'bigint',
      size: null,
      scale: null,
      unsigned: true,
      zerofill: false,
      members: [],
      collation: null,
      srid: null,
    };
    const head = first === undefined ? [] : counts > 0 ? [{ ...first, type: id, autoIncrement: counts > 3 }] : [first];
    return soundTable({
      ...rest,
      columns: [...head, ...others],
      indexes: [...(key === null ? [] : [key]), ...rest.indexes],
    });
  });
