import { sameName, SternaError } from '../contract/index.js';
import { inUtf8mb4, KEY_TYPES, quoteName, type Session } from '../mysql/index.js';

export type KeyKind = 'integer' | 'year' | 'decimal' | 'text' | 'binary' | 'temporal';

export interface KeyPart {
  readonly name: string;
  readonly kind: KeyKind;
  /** BINARY(n): the binlog leaves out trailing zero bytes, a comparison does not. */
  readonly padTo?: number;
  /** Of text. */
  readonly charset?: string;
  readonly collation?: string;
  /** What is otherwise in the shadow. */
  readonly inShadow?: { readonly name: string; readonly charset?: string; readonly collation?: string };
}

/** The unique key by which changed rows are found again: the primary key, or one without nullable parts. */
export interface TrackedKey {
  readonly indexName: string;
  readonly parts: readonly KeyPart[];
}

/** One key value as SQL literals, one per part. Exact: nothing passes through a JavaScript number. */
export type KeyLiterals = readonly string[];

const KINDS: Readonly<Record<string, KeyKind>> = {
  tinyint: 'integer',
  smallint: 'integer',
  mediumint: 'integer',
  int: 'integer',
  bigint: 'integer',
  year: 'year',
  decimal: 'decimal',
  char: 'text',
  varchar: 'text',
  binary: 'binary',
  varbinary: 'binary',
  date: 'temporal',
  time: 'temporal',
  datetime: 'temporal',
  timestamp: 'temporal',
};

/** An index as the server lists it; a part that is an expression has no column. */
export interface Index {
  readonly name: string;
  readonly unique: boolean;
  readonly visible: boolean;
  readonly parts: readonly IndexPart[];
}

interface IndexPart {
  readonly column: string | null;
  readonly prefix: number | null;
  readonly expression: string | null;
  readonly nullable: boolean;
  readonly dataType: string | null;
  readonly columnType: string | null;
  readonly length: number | null;
  readonly charset: string | null;
  readonly collation: string | null;
  readonly computedAs: string | null;
}

/** The indexes of a table by which rows are found by their values, the primary key first, then by name. */
export async function readIndexes(session: Session, namespace: string, table: string): Promise<Index[]> {
  const rows = await session.query<Record<string, unknown>>(
    `SELECT s.INDEX_NAME AS indexName, s.NON_UNIQUE AS nonUnique, s.IS_VISIBLE AS visible, s.COLUMN_NAME AS columnName,
            s.SUB_PART AS prefix, s.EXPRESSION AS expression, s.NULLABLE AS nullable, c.DATA_TYPE AS dataType,
            c.COLUMN_TYPE AS columnType, c.CHARACTER_OCTET_LENGTH AS length, c.CHARACTER_SET_NAME AS charset,
            c.COLLATION_NAME AS collation, c.GENERATION_EXPRESSION AS computedAs
       FROM information_schema.STATISTICS s
       LEFT JOIN information_schema.COLUMNS c
         ON c.TABLE_SCHEMA = s.TABLE_SCHEMA AND c.TABLE_NAME = s.TABLE_NAME AND c.COLUMN_NAME = s.COLUMN_NAME
      WHERE s.TABLE_SCHEMA = ? AND s.TABLE_NAME = ? AND s.INDEX_TYPE = 'BTREE'
      ORDER BY s.INDEX_NAME, s.SEQ_IN_INDEX`,
    [namespace, table],
  );
  const found = new Map<string, Index & { parts: IndexPart[] }>();
  for (const { indexName, nonUnique, visible, columnName, nullable, ...part } of rows) {
    const name = String(indexName);
    const index = found.get(name) ?? { name, unique: Number(nonUnique) === 0, visible: visible === 'YES', parts: [] };
    index.parts.push({ ...part, column: columnName, nullable: nullable === 'YES' } as IndexPart);
    found.set(name, index);
  }
  return [...found.values()].sort(
    (a, b) => Number(b.name === 'PRIMARY') - Number(a.name === 'PRIMARY') || (a.name < b.name ? -1 : 1),
  );
}

/** A primary or unique key whose values in the binlog lead back to exactly their rows. */
function isTrackable({ unique, visible, parts }: Index): boolean {
  return (
    unique &&
    visible && // or the server does not read by it
    parts.every(
      ({ column, prefix, nullable, dataType }) =>
        column !== null && prefix === null && !nullable && KEY_TYPES.has(dataType ?? ''),
    )
  );
}

/** Whether rows are found, in the order of these columns, by an index that begins with them. */
export function leads({ visible, parts }: Index, columns: readonly string[]): boolean {
  return (
    visible &&
    parts.length >= columns.length &&
    columns.every((name, i) => parts[i]?.prefix === null && sameName(parts[i].column ?? '', name))
  );
}

/**
 * Chooses the tracked key: the primary key, else the first unique key by name, whose parts are whole columns without
 * nulls and which the shadow has an index for, so that a row of it is found by them. Null when there is none.
 */
export function chooseKey(
  original: readonly Index[],
  shadow: readonly Index[],
  nameInShadow: (column: string) => string | undefined,
): TrackedKey | null {
  for (const index of original) {
    if (!isTrackable(index)) continue;
    const names = index.parts.flatMap(({ column }) => nameInShadow(column ?? '') ?? []);
    const leading = names.length === index.parts.length ? shadow.find((each) => leads(each, names)) : undefined;
    if (leading !== undefined)
      return {
        indexName: index.name,
        parts: index.parts.map((part, i) => keyPart(part, names[i] ?? '', leading.parts[i] ?? part)),
      };
  }
  return null;
}

function keyPart({ column, dataType, length, ...text }: IndexPart, nameInShadow: string, shadow: IndexPart): KeyPart {
  const name = column ?? '';
  const charsetOf = ({ charset, collation }: Pick<IndexPart, 'charset' | 'collation'>): object =>
    charset === null ? {} : { charset, ...(collation === null ? {} : { collation }) };
  const isSame = nameInShadow === name && text.collation === shadow.collation;
  return {
    name,
    kind: KINDS[dataType ?? ''] as KeyKind,
    ...(dataType === 'binary' ? { padTo: Number(length) } : {}),
    ...charsetOf(text),
    ...(isSame ? {} : { inShadow: { name: nameInShadow, ...charsetOf(shadow) } }),
  };
}

/** The same key as its columns are in the shadow. */
export function keyInShadow(key: TrackedKey): TrackedKey {
  return { ...key, parts: key.parts.map((part) => ({ ...part, ...part.inShadow })) };
}

/**
 * The index by which the server finds a row that is there by these columns, in whatever order, before it looks at any
 * other unique key: the primary key, or the only unique one. So a duplicate of it is the same row.
 */
export function identifying(indexes: readonly Index[], columns: readonly string[]): string | null {
  const unique = indexes.filter((index) => index.unique);
  const first = unique.find(({ name }) => name === 'PRIMARY') ?? (unique.length === 1 ? unique[0] : undefined);
  return first !== undefined && isUniqueBy(first, columns) ? first.name : null;
}

function isUniqueBy({ unique, parts }: Index, columns: readonly string[]): boolean {
  return (
    unique &&
    parts.length === columns.length &&
    columns.every((name) => parts.some((part) => part.prefix === null && sameName(part.column ?? '', name)))
  );
}

/**
 * Unique keys of the shadow that rows of the original may not fit: those without one in the original that is at least as
 * strict, over the same columns or some of them, with whatever decides which values are equal.
 */
export function stricterKeys(
  original: readonly Index[],
  shadow: readonly Index[],
  nameInShadow: (column: string) => string | undefined,
): Index[] {
  const partTexts = (index: Index, nameOf: (column: string) => string | undefined): string[] =>
    index.parts.map(({ column, prefix, expression, dataType, columnType, collation, computedAs }) =>
      JSON.stringify([
        column === null ? null : (nameOf(column) ?? '').toLowerCase(),
        prefix,
        expression,
        // What does not fit into a shorter one is told by a warning, so that no values become equal.
        ONLY_SHORTER.has(dataType ?? '') ? dataType : INTEGERS.has(dataType ?? '') ? 'integer' : columnType,
        collation === null ? null : inUtf8mb4(collation),
        computedAs,
      ]),
    );
  const known = original.filter(({ unique }) => unique).map((index) => partTexts(index, nameInShadow));
  return shadow.filter((index) => {
    if (!index.unique) return false;
    const parts = partTexts(index, (column) => column);
    return !known.some((each) => each.every((part) => parts.includes(part)));
  });
}

const INTEGERS = new Set(['tinyint', 'smallint', 'mediumint', 'int', 'bigint']);
const ONLY_SHORTER = new Set(['char', 'varchar', 'varbinary']);

/** The literals of one row from the binlog. */
export function keyLiterals(key: TrackedKey, image: Readonly<Record<string, unknown>>): KeyLiterals {
  return key.parts.map((part) => literal(part, image[part.name]));
}

/**
 * What a SELECT has to list for `selectedKey`: text as its bytes, as in the binlog, so that one row has the same literals
 * from both. Under other names than the columns have, since ORDER BY would take the bytes for the column.
 */
export function selectKey(key: TrackedKey, qualifier = ''): string {
  return key.parts
    .map(({ name, kind }, i) => {
      const column = qualifier + quoteName(name);
      return `${kind === 'text' ? `CAST(${column} AS BINARY)` : column} AS ${selectedName(i)}`;
    })
    .join(', ');
}

/** The literals of one row of a result set. */
export function selectedKey(key: TrackedKey, row: Readonly<Record<string, unknown>>): KeyLiterals {
  return key.parts.map((part, i) => literal(part, row[selectedName(i)]));
}

function selectedName(part: number): string {
  return `_sterna_key_${part}`;
}

const NUMBER = /^-?\d+(\.\d+)?$/;

export function literal(part: KeyPart, value: unknown): string {
  switch (part.kind) {
    case 'year':
      // The binlog counts years from 1900, and has 0 for the year 0.
      return String(value) === '1900' ? '0' : number(part, value);
    case 'integer':
    case 'decimal':
      return number(part, value);
    case 'binary': {
      if (!Buffer.isBuffer(value)) throw unreadable(part, value);
      const missing = Math.max(0, (part.padTo ?? 0) - value.length);
      return `X'${value.toString('hex')}${'00'.repeat(missing)}'`;
    }
    case 'text':
      if (!Buffer.isBuffer(value)) throw unreadable(part, value);
      return textLiteral(part, value);
    case 'temporal':
      if (typeof value !== 'string') throw unreadable(part, value);
      return quoteText(value);
  }
}

/** Charsets whose bytes are UTF-8. */
const UTF8: ReadonlySet<string> = new Set(['ascii', 'utf8mb3', 'utf8mb4']);
/** Charsets with several bytes for every character. */
const WIDE: ReadonlySet<string> = new Set(['ucs2', 'utf16', 'utf16le', 'utf32']);
/** These are the same bytes in every other charset. */
const COMMON = /^[\w .:-]*$/;

/** Readable where the bytes tell what they mean; otherwise the bytes, which only the server has to understand. */
function textLiteral(part: KeyPart, bytes: Buffer): string {
  const { charset = '' } = part;
  if (UTF8.has(charset)) {
    const text = bytes.toString('utf8');
    // The server takes no text that is none in its charset; were there one, nothing would say which row it means.
    if (!Buffer.from(text).equals(bytes)) throw unreadable(part, bytes);
    return quoteText(text);
  }
  const text = bytes.toString('latin1');
  return !WIDE.has(charset) && COMMON.test(text) ? quoteText(text) : `_${charset} X'${bytes.toString('hex')}'`;
}

const DEPRECATED_SYNTAX = 1287; // ER_WARN_DEPRECATED_SYNTAX
const INVALID_CHARACTER_STRING = 1300; // ER_INVALID_CHARACTER_STRING

/**
 * Whether a warning is of a literal of this key, and so of no row: the server warns of every one in some charsets, such as
 * ucs2, and of bytes that are no character in their charset. Such literals lead to their rows all the same.
 */
export function isOfLiteral(
  key: TrackedKey,
  { Code, Message }: { readonly Code: number; readonly Message: string },
): boolean {
  return key.parts.some(
    ({ charset }) =>
      (Code === DEPRECATED_SYNTAX && Message.startsWith(`'${charset}' is deprecated`)) ||
      (Code === INVALID_CHARACTER_STRING && Message.startsWith(`Invalid ${charset} character string`)),
  );
}

function number(part: KeyPart, value: unknown): string {
  const text = String(value);
  if (!NUMBER.test(text)) throw unreadable(part, value);
  return text;
}

/** A text literal for sessions with `NO_BACKSLASH_ESCAPES` off and utf8mb4, which all of ours are. */
function quoteText(text: string): string {
  // eslint-disable-next-line no-control-regex -- these are the characters that MySQL text literals escape
  return `'${text.replace(/[\0\n\r\u001a"'\\]/g, (c) => ({ '\0': '\\0', '\n': '\\n', '\r': '\\r', '\u001a': '\\Z' })[c] ?? `\\${c}`)}'`;
}

function unreadable(part: KeyPart, value: unknown): SternaError {
  return new SternaError(
    'binlog_unreadable',
    `Expected a ${part.kind} value for key column ${quoteName(part.name)}, got ${value === null ? 'NULL' : typeof value}. The table cannot be tracked by this key.`,
  );
}

/** `a`, `b` */
export function keyColumns(key: TrackedKey, qualifier = ''): string {
  return key.parts.map((part) => qualifier + quoteName(part.name)).join(', ');
}

/**
 * `o.a = n.b AND …` between two tables that name the key's columns each in its way. Rows are looked up in the second one:
 * where charsets differ, a value of the first is brought to that of the second, whose index is used.
 */
export function keyEqual(left: TrackedKey, leftQualifier: string, right: TrackedKey, rightQualifier: string): string {
  return left.parts
    .map((part, i) => {
      const { name = '', charset, collation } = right.parts[i] ?? {};
      const value = `${leftQualifier}${quoteName(part.name)}`;
      const isAlike = collation === undefined || part.collation === collation;
      const brought = isAlike ? value : `CONVERT(${value} USING ${charset}) COLLATE ${collation}`;
      return `${brought} = ${rightQualifier}${quoteName(name)}`;
    })
    .join(' AND ');
}

/** `(a, b) IN ((1, 'x'), …)`; a single column without the row constructor. */
export function keyIn(key: TrackedKey, keys: readonly KeyLiterals[], qualifier = ''): string {
  const single = key.parts.length === 1;
  const list = keys.map((literals) => (single ? literals[0] : `(${literals.join(', ')})`)).join(', ');
  return `${single ? keyColumns(key, qualifier) : `(${keyColumns(key, qualifier)})`} IN (${list})`;
}

/**
 * `key >= bound` or `key < bound`, expanded part by part: the server uses the index for this form, and not
 * for row constructors. Compared by the server, so that collations are its business.
 */
export function keyCompare(key: TrackedKey, operator: '>=' | '<', bound: KeyLiterals, qualifier = ''): string {
  const strict = operator === '<' ? '<' : '>';
  const terms: string[] = [];
  const equal: string[] = [];
  key.parts.forEach((part, i) => {
    const column = qualifier + quoteName(part.name);
    const value = bound[i] ?? 'NULL';
    const last = i === key.parts.length - 1;
    terms.push([...equal, `${column} ${last && operator === '>=' ? '>=' : strict} ${value}`].join(' AND '));
    equal.push(`${column} = ${value}`);
  });
  if (terms.length === 1) return terms[0] ?? '';
  // The bare bound on the first part lets the server see the range at once.
  const first = key.parts[0]?.name ?? '';
  const lead = `${qualifier}${quoteName(first)} ${operator === '<' ? '<=' : '>='} ${bound[0]}`;
  return `${lead} AND (${terms.map((term) => `(${term})`).join(' OR ')})`;
}

/** Half-open range of keys; an absent bound is open. */
export interface KeyRange {
  readonly from?: KeyLiterals;
  readonly to?: KeyLiterals;
}

export function keyRange(key: TrackedKey, range: KeyRange, qualifier = ''): string {
  const terms = [
    ...(range.from ? [keyCompare(key, '>=', range.from, qualifier)] : []),
    ...(range.to ? [keyCompare(key, '<', range.to, qualifier)] : []),
  ];
  return terms.length === 0 ? 'TRUE' : terms.map((term) => `(${term})`).join(' AND ');
}

/** True where the key is one integer column: chunks can be computed instead of searched. */
export function isSingleInteger(key: TrackedKey): boolean {
  return key.parts.length === 1 && key.parts[0]?.kind === 'integer';
}
