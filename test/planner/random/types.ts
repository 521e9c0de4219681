import fc from 'fast-check';
import { at, familyOf, INTEGERS, SPATIAL, type Type } from './model.js';
import { literal, texts } from './names.js';

const COLLATIONS = [
  ...['utf8mb4_0900_ai_ci', 'utf8mb4_bin', 'utf8mb4_general_ci', 'utf8mb4_0900_as_cs', 'utf8mb4_unicode_ci'],
  ...[
    'utf8mb3_general_ci',
    'utf8mb3_bin',
    'utf8mb3_unicode_ci',
    'latin1_swedish_ci',
    'latin1_bin',
    'latin1_german1_ci',
  ],
  ...['ascii_general_ci', 'ascii_bin', 'ucs2_general_ci', 'utf16_bin', 'utf32_general_ci', 'utf16le_general_ci'],
  ...['gbk_chinese_ci', 'sjis_japanese_ci', 'cp1251_general_ci', 'greek_bin', 'big5_chinese_ci', 'gb18030_chinese_ci'],
  ...['koi8r_general_ci', 'swe7_swedish_ci', 'eucjpms_bin', 'latin2_czech_cs', 'binary'],
];
export const collations = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...COLLATIONS.slice(0, 5)) },
  { weight: 1, arbitrary: fc.constantFrom(...COLLATIONS) },
);

export function charsetOf(collation: string): string {
  return collation.split('_')[0] ?? collation;
}

const TEXTS = ['tinytext', 'text', 'mediumtext', 'longtext'];
const BLOBS = ['tinyblob', 'blob', 'mediumblob', 'longblob'];
/** How large the number in parentheses may be, and whether there has to be one. */
const SIZES: Readonly<Record<string, { readonly least: number; readonly most: number; readonly optional: boolean }>> = {
  char: { least: 0, most: 255, optional: true },
  binary: { least: 0, most: 255, optional: true },
  varchar: { least: 0, most: 700, optional: false },
  varbinary: { least: 0, most: 700, optional: false },
  text: { least: 1, most: 70_000, optional: true },
  blob: { least: 1, most: 70_000, optional: true },
  bit: { least: 1, most: 64, optional: true },
  decimal: { least: 1, most: 65, optional: true },
  float: { least: 1, most: 53, optional: true },
  double: { least: 1, most: 53, optional: true },
  datetime: { least: 0, most: 6, optional: true },
  timestamp: { least: 0, most: 6, optional: true },
  time: { least: 0, most: 6, optional: true },
  vector: { least: 1, most: 16_383, optional: true },
};

const NAMES = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...INTEGERS, 'decimal') },
  { weight: 6, arbitrary: fc.constantFrom('varchar', 'varchar', 'char', ...TEXTS) },
  { weight: 2, arbitrary: fc.constantFrom('binary', 'varbinary', ...BLOBS) },
  { weight: 2, arbitrary: fc.constantFrom('enum', 'set') },
  { weight: 3, arbitrary: fc.constantFrom('date', 'datetime', 'timestamp', 'time', 'year') },
  { weight: 3, arbitrary: fc.constantFrom('json', 'json', 'float', 'double', 'bit', 'bool', 'vector') },
  { weight: 1, arbitrary: fc.constantFrom(...SPATIAL) },
);

const member = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('x', 'y', 'on', 'off') },
  { weight: 2, arbitrary: texts },
);

export const types: fc.Arbitrary<Type> = fc
  .record({
    name: NAMES,
    size: fc.option(
      fc.oneof(fc.integer({ min: 0, max: 60 }), fc.constantFrom(63, 64, 85, 86, 127, 128, 191, 255, 256, 600)),
    ),
    scale: fc.option(fc.integer({ min: 0, max: 30 })),
    unsigned: fc.boolean(),
    zerofill: fc.integer({ min: 0, max: 5 }).map((n) => n === 5),
    members: fc.array(member, { minLength: 1, maxLength: 4 }),
    collation: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: collations }),
    srid: fc.option(fc.constantFrom(0, 4326, 3857)),
  })
  .map(soundType);

/** Only what the type can have, and within its bounds. */
export function soundType(type: Type): Type {
  const { name } = type;
  const isNumber = INTEGERS.includes(name) || ['decimal', 'float', 'double'].includes(name);
  const bounds = SIZES[name];
  let size =
    bounds === undefined || (type.size === null && bounds.optional)
      ? null
      : clamp(type.size ?? 9, bounds.least, bounds.most);
  if (name === 'varchar' && size !== null && /utf|gb18030/.test(type.collation ?? 'utf8mb4'))
    size = Math.min(size, 600);
  const scale =
    /^(decimal|double|float)$/.test(name) && size !== null && type.scale !== null
      ? clamp(type.scale, 0, Math.min(size, 30))
      : null;
  // FLOAT(n) is a size in bits, a FLOAT(m,d) is not; DOUBLE has only the latter.
  if (name === 'double' && scale === null) size = null;
  return {
    name,
    size,
    scale,
    unsigned: isNumber && type.unsigned,
    zerofill: isNumber && type.zerofill,
    members: name === 'enum' || name === 'set' ? distinct(type.members, name === 'set') : [],
    collation: familyOf(type) === 'text' ? type.collation : null,
    srid: familyOf(type) === 'spatial' ? type.srid : null,
  };
}

/** By any collation, and in any charset. */
function distinct(members: readonly string[], isSet: boolean): string[] {
  return members.map((member, i) =>
    `${Array.from(member.replaceAll('\0', '')).slice(0, 20).join('')}${i}`.replaceAll(',', isSet ? ';' : ','),
  );
}

function clamp(n: number, least: number, most: number): number {
  return Math.max(least, Math.min(n, most));
}

/** Only characters that the column's charset has; `table`: the collation of columns that have none of their own. */
export function inCharset(text: string, type: Type, table: string | null): string {
  return inCollation(text, type.collation ?? table ?? 'utf8mb4_0900_ai_ci');
}

export function inCollation(text: string, collation: string): string {
  const charset = charsetOf(collation);
  if (/^(utf8mb4|utf16|utf16le|utf32|gb18030)$/.test(charset)) return text;
  if (/^(utf8mb3|ucs2)$/.test(charset)) return text.replace(/[\u{10000}-\u{10ffff}]/gu, '?');
  // In some, a backslash is another character.
  return text.replace(/[^ -}\n\r\t]|[\\^`[\]{|}@$]/gu, '?');
}

export function renderType(type: Type, table: string | null): string {
  const { name, size, scale } = type;
  const members = type.members.map((each) => literal(inCharset(each, type, table)));
  const list =
    members.length > 0 ? members.join(',') : size === null ? '' : scale === null ? `${size}` : `${size},${scale}`;
  return [
    list === '' ? name : `${name}(${list})`,
    type.unsigned ? 'unsigned' : '',
    type.zerofill ? 'zerofill' : '',
    type.collation === null ? '' : `CHARACTER SET ${charsetOf(type.collation)} COLLATE ${type.collation}`,
  ]
    .filter((word) => word !== '')
    .join(' ');
}

/** A change of a type that is near it. */
export function tweaked(type: Type, how: number, other: Type): Type {
  const changes: Partial<Type>[] = [
    { size: (type.size ?? 9) + 1 + (how % 7) },
    { size: Math.max(0, (type.size ?? 9) - 1 - (how % 7)) },
    { scale: (type.scale ?? 0) + 1 },
    { unsigned: !type.unsigned },
    { zerofill: !type.zerofill },
    { members: [...type.members, ...other.members, 'z'] },
    { members: type.members.length > 1 ? type.members.slice(0, -1) : ['z'] },
    { collation: other.collation ?? 'utf8mb4_bin' },
    { collation: null },
    { srid: other.srid },
    { name: at(neighbours(type.name), how) ?? type.name },
    { name: at(neighbours(type.name), how + 1) ?? type.name },
  ];
  return soundType({ ...type, ...at(changes, how) });
}

function neighbours(name: string): readonly string[] {
  const groups = [INTEGERS, ['char', 'varchar', ...TEXTS], ['binary', 'varbinary', ...BLOBS], SPATIAL];
  return groups.find((group) => group.includes(name)) ?? [name];
}
