import { type RenamedColumn, sourceOf } from '../contract/index.js';
import { quoteName, type Session } from '../mysql/index.js';

/** What copying and comparing need to know about a column. */
export interface Column {
  readonly name: string;
  /** e.g. `varchar` */
  readonly dataType: string;
  /** e.g. `varchar(20)` */
  readonly columnType: string;
  readonly charset: string | null;
  readonly collation: string | null;
  readonly nullable: boolean;
  /** Null for a column with values of its own. */
  readonly generated: { readonly expression: string; readonly stored: boolean } | null;
  readonly autoIncrement: boolean;
}

/** A column that exists on both sides, from the original to the shadow. */
export interface ColumnPair {
  readonly original: Column;
  readonly shadow: Column;
}

export async function readColumns(session: Session, namespace: string, table: string): Promise<Column[]> {
  const rows = await session.query<{
    name: string;
    dataType: string;
    columnType: string;
    charset: string | null;
    collation: string | null;
    nullable: string;
    extra: string;
    expression: string | null;
  }>(
    `SELECT COLUMN_NAME AS name, DATA_TYPE AS dataType, COLUMN_TYPE AS columnType, CHARACTER_SET_NAME AS charset,
            COLLATION_NAME AS collation, IS_NULLABLE AS nullable, EXTRA AS extra, GENERATION_EXPRESSION AS expression
       FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION`,
    [namespace, table],
  );
  return rows.map((row) => ({
    name: row.name,
    dataType: row.dataType.toLowerCase(),
    columnType: row.columnType.toLowerCase(),
    charset: row.charset,
    collation: row.collation,
    nullable: row.nullable === 'YES',
    generated:
      row.expression === null || row.expression === ''
        ? null
        : { expression: row.expression, stored: /\bSTORED GENERATED\b/i.test(row.extra) },
    autoIncrement: /auto_increment/i.test(row.extra),
  }));
}

/** Columns to copy: each of the shadow that has its values from one of the original, and is not computed by the shadow itself. */
export function pairColumns(
  original: readonly Column[],
  shadow: readonly Column[],
  renames: readonly RenamedColumn[] = [],
): ColumnPair[] {
  return shadow.flatMap((column) => {
    const source = sourceOf(column.name, original, renames);
    return source === undefined || column.generated !== null ? [] : [{ original: source, shadow: column }];
  });
}

/**
 * Stored results of one expression on both sides. They are not copied, but compared: an expression that depends on
 * the session, such as on its time zone, may give the copy something else than the application has. With renames, one
 * text may mean two things.
 */
export function pairStored(
  original: readonly Column[],
  shadow: readonly Column[],
  renames: readonly RenamedColumn[] = [],
): ColumnPair[] {
  const isRenamed = (expression: string): boolean =>
    renames.some(({ from, to }) =>
      [from, to].some((name) => expression.toLowerCase().includes(quoteName(name).toLowerCase())),
    );
  return shadow.flatMap((column) => {
    const source = sourceOf(column.name, original, renames);
    const [a, b] = [source?.generated, column.generated];
    const isSame = a?.stored === true && b?.stored === true && a.expression === b.expression;
    return source !== undefined && isSame && !isRenamed(b.expression) ? [{ original: source, shadow: column }] : [];
  });
}

/**
 * SQL of one row's checksum on either side. Each column is brought to the shadow's type first, so that a
 * converted value compares with the same value converted by the copy; whether it is null counts too.
 */
export function rowChecksum(pairs: readonly ColumnPair[], side: 'original' | 'shadow', qualifier = ''): string {
  const values = pairs.flatMap((pair) => {
    const column = qualifier + quoteName(pair[side].name);
    const value = sameStorage(pair) ? stored(column, pair.shadow) : converted(column, pair.shadow);
    // A value that is null although its column is not was too large to be computed: the row's checksum is null then.
    return pair.original.nullable || pair.shadow.nullable
      ? [`IF(ISNULL(${column}), '', ${value})`, `ISNULL(${column})`]
      : [value];
  });
  return `CRC32(CONCAT(${values.join(", '#', ")}))`;
}

/** No conversion takes place: the values themselves are equal. */
function sameStorage({ original, shadow }: ColumnPair): boolean {
  return original.columnType === shadow.columnType && original.charset === shadow.charset;
}

const BYTES_AS_THEY_ARE = new Set([
  'geometry',
  'point',
  'linestring',
  'polygon',
  'multipoint',
  'multilinestring',
  'multipolygon',
  'geomcollection',
  'geometrycollection',
  'vector',
  'bit',
]);

const LARGE = new Set(['text', 'mediumtext', 'longtext', 'blob', 'mediumblob', 'longblob']);

/** Values of one type on both sides. Text goes as bytes: collations must not decide what is equal. */
function stored(column: string, { dataType, charset }: Column): string {
  if (LARGE.has(dataType)) return `CRC32(${column})`; // of its bytes, however many
  if (BYTES_AS_THEY_ARE.has(dataType)) return `HEX(${column})`;
  if (dataType === 'float') return exactFloat(column);
  if (dataType === 'json') return `CRC32(CAST(${column} AS CHAR CHARACTER SET utf8mb4))`;
  return charset === null ? column : `CAST(${column} AS BINARY)`;
}

/** As text, a FLOAT has six digits; as a DOUBLE it has all. */
function exactFloat(value: string): string {
  return `CAST(${value} AS DOUBLE)`;
}

/** A value as the text that a column of a text type makes of it, compared as there. */
export function convertedText(column: string, target: Column): string {
  return `CONVERT(${column} USING ${target.charset}) COLLATE ${target.collation}`;
}

/** Values of two types, each brought to the type of the shadow. */
function converted(column: string, target: Column): string {
  const text = `CONVERT(${column} USING utf8mb4)`;
  switch (target.dataType) {
    case 'tinyint':
    case 'smallint':
    case 'mediumint':
    case 'int':
    case 'bigint':
    case 'year':
      return `CAST(${column} AS ${target.columnType.includes('unsigned') ? 'UNSIGNED' : 'SIGNED'})`;
    case 'decimal':
      return `CAST(${column} AS ${target.columnType.replace(/ (unsigned|zerofill)/g, '').toUpperCase()})`;
    case 'float':
      return exactFloat(`CAST(${column} AS FLOAT)`);
    case 'double':
      return `CAST(${column} AS DOUBLE)`;
    case 'date':
    case 'time':
    case 'datetime':
      return `CAST(${column} AS ${target.columnType.toUpperCase()})`;
    case 'timestamp':
      return `CAST(${column} AS ${target.columnType.toUpperCase().replace('TIMESTAMP', 'DATETIME')})`;
    case 'char':
      return `CAST(TRIM(TRAILING ' ' FROM ${text}) AS BINARY)`;
    case 'binary':
      return `CAST(${column} AS ${target.columnType.toUpperCase()})`;
    case 'varbinary':
    case 'tinyblob':
    case 'blob':
    case 'mediumblob':
    case 'longblob':
      return `CAST(${column} AS BINARY)`;
    case 'json':
      return `CAST(CAST(${column} AS JSON) AS CHAR CHARACTER SET utf8mb4)`;
    case 'bit':
      return `CAST(${column} AS UNSIGNED)`;
    default:
      return BYTES_AS_THEY_ARE.has(target.dataType) ? `HEX(${column})` : `CAST(${text} AS BINARY)`;
  }
}
