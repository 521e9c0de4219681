import fc from 'fast-check';

const PLAIN = ['a', 'b', 'c', 'n', 's', 'id', 'v', 'x1', 'created_at', 'Name', '$', '_'];
/** What might be taken for something else. */
const MISLEADING = [
  ...[
    'key',
    'PRIMARY KEY',
    'select',
    'CONSTRAINT',
    'CHECK',
    'partition',
    'default',
    'order',
    'INDEX',
    'end',
    'comment',
  ],
  ...['a`b', '`', '``', 'a"b', "a'b", "'", 'a b', ' a', 'a,b', ',', 'a)', '(', '(a', ') ENGINE=InnoDB', 'a.b', 'a;b'],
  ...['a\\b', '\\', "\\'", '%s', '?', ':x', '@x', '#', '-- x', '/*!80000 x', '*/', '123', '1e3', '0x1', '$1', '$&'],
  ...[
    'a) VIRTUAL',
    'NOT NULL',
    "COMMENT '",
    'COLLATE utf8mb4_bin',
    'AUTO_INCREMENT',
    'INVISIBLE',
    'STORED',
    'SRID 0',
    'FTS_DOC_ID',
  ],
  ...['é', 'É', 'ß', 'ſ', 'Straße', '日本語', 'имя', 'ǅ', 'İ', 'ı', 'a\u0301', '\u200b', '\ufeff', '\u00a0', 'a\tb'],
];

const character = fc
  .integer({ min: 1, max: 0xffff })
  .map((code) => (code >= 0xd800 && code <= 0xdfff ? 0x263a : code))
  .map((code) => String.fromCharCode(code));

/** Of columns, indexes and so on: at most 64 characters of at most three bytes each, no space at the end. */
export const names: fc.Arbitrary<string> = fc
  .oneof(
    { weight: 10, arbitrary: fc.constantFrom(...PLAIN) },
    { weight: 4, arbitrary: fc.constantFrom(...MISLEADING) },
    { weight: 1, arbitrary: fc.string({ unit: character, minLength: 1, maxLength: 12 }) },
    { weight: 1, arbitrary: fc.constantFrom('x', 'é', '語').map((letter) => letter.repeat(60)) },
  )
  .map((name) => name.trimEnd() || 'a');

/** Of literals, comments and members: anything. */
export const texts: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('', 'x', 'y', 'abc', '0', '1', 'NULL') },
  {
    weight: 4,
    arbitrary: fc.constantFrom(...MISLEADING, '😀', 'a\nb', '\n) ENGINE=X', '\r', '\u001a', '\0', "''", '""'),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
);

export function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

export function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}
