import { SternaError } from '../contract/index.js';
import { KEY_CHARSETS, KEY_TYPES, quoteName, type Session } from '../mysql/index.js';

export type KeyKind = 'integer' | 'year' | 'decimal' | 'text' | 'binary' | 'temporal';

export interface KeyPart {
  readonly name: string;
  readonly kind: KeyKind;
  /** BINARY(n): the binlog leaves out trailing zero bytes, a comparison does not. */
  readonly padTo?: number;
  /** Of text. */
  readonly charset?: string;
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

interface KeyRow extends Record<string, unknown> {
  readonly indexName: string;
  readonly columnName: string | null;
  readonly prefix: number | null;
  readonly nullable: string;
  readonly dataType: string | null;
  readonly length: number | null;
  readonly charset: string | null;
}

/**
 * Chooses the tracked key: the primary key where there is one, else the first unique key by name whose
 * parts are whole columns without nulls. Null when the table has none that can be tracked.
 */
export async function readTrackedKey(session: Session, namespace: string, table: string): Promise<TrackedKey | null> {
  const rows = await session.query<KeyRow>(
    `SELECT s.INDEX_NAME AS indexName, s.COLUMN_NAME AS columnName, s.SUB_PART AS prefix, s.NULLABLE AS nullable,
            c.DATA_TYPE AS dataType, c.CHARACTER_OCTET_LENGTH AS length, c.CHARACTER_SET_NAME AS charset
       FROM information_schema.STATISTICS s
       LEFT JOIN information_schema.COLUMNS c
         ON c.TABLE_SCHEMA = s.TABLE_SCHEMA AND c.TABLE_NAME = s.TABLE_NAME AND c.COLUMN_NAME = s.COLUMN_NAME
      WHERE s.TABLE_SCHEMA = ? AND s.TABLE_NAME = ? AND s.NON_UNIQUE = 0
      ORDER BY s.INDEX_NAME <> 'PRIMARY', s.INDEX_NAME, s.SEQ_IN_INDEX`,
    [namespace, table],
  );
  const byIndex = new Map<string, KeyRow[]>();
  for (const row of rows) byIndex.set(row.indexName, [...(byIndex.get(row.indexName) ?? []), row]);
  for (const [indexName, parts] of byIndex) {
    const usable = parts.every(
      (part) =>
        part.columnName !== null &&
        part.prefix === null &&
        part.nullable !== 'YES' &&
        part.dataType !== null &&
        KEY_TYPES.has(part.dataType) &&
        (part.charset === null || KEY_CHARSETS.has(part.charset)),
    );
    if (!usable) continue;
    return {
      indexName,
      parts: parts.map((part) => ({
        name: part.columnName ?? '',
        kind: KINDS[part.dataType ?? ''] as KeyKind,
        ...(part.dataType === 'binary' ? { padTo: Number(part.length) } : {}),
        ...(part.charset === null ? {} : { charset: part.charset }),
      })),
    };
  }
  return null;
}

/**
 * The unique keys of a table, each as a text that is the same for keys that allow the same rows: columns in their
 * order, with whatever decides which values are equal. Not their names.
 */
export async function readUniqueKeys(session: Session, namespace: string, table: string): Promise<Set<string>> {
  const rows = await session.query<{ indexName: string }>(
    `SELECT s.INDEX_NAME AS indexName, s.COLUMN_NAME AS columnName, s.SUB_PART AS prefix, s.EXPRESSION AS expression,
            c.COLUMN_TYPE AS columnType, c.COLLATION_NAME AS collationName, c.GENERATION_EXPRESSION AS computedAs
       FROM information_schema.STATISTICS s
       LEFT JOIN information_schema.COLUMNS c
         ON c.TABLE_SCHEMA = s.TABLE_SCHEMA AND c.TABLE_NAME = s.TABLE_NAME AND c.COLUMN_NAME = s.COLUMN_NAME
      WHERE s.TABLE_SCHEMA = ? AND s.TABLE_NAME = ? AND s.NON_UNIQUE = 0
      ORDER BY s.INDEX_NAME, s.SEQ_IN_INDEX`,
    [namespace, table],
  );
  const parts = new Map<string, object[]>();
  for (const { indexName, ...part } of rows) parts.set(indexName, [...(parts.get(indexName) ?? []), part]);
  return new Set([...parts.values()].map((key) => JSON.stringify(key)));
}

/** The literals of one row, from the binlog or from a result set. */
export function keyLiterals(key: TrackedKey, row: Readonly<Record<string, unknown>>): KeyLiterals {
  return key.parts.map((part) => literal(part, row[part.name]));
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
    case 'temporal':
      if (typeof value !== 'string') throw unreadable(part, value);
      // A byte without a character: which one is not known any more.
      if (part.charset === 'latin1' && value.includes('\ufffd')) throw unreadable(part, value);
      return quoteText(value);
  }
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
