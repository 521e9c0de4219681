/** What a column of the tracked key may be, so that its values in the binlog lead back to exactly their rows. */

export const KEY_TYPES: ReadonlySet<string> = new Set([
  'tinyint',
  'smallint',
  'mediumint',
  'int',
  'bigint',
  'year',
  'decimal',
  'char',
  'varchar',
  'binary',
  'varbinary',
  'date',
  'time',
  'datetime',
  'timestamp',
]);

/**
 * Whether a collation equates and orders the texts of another one as that does: itself, and for utf8mb3 the collation of the
 * same name in utf8mb4. Measured on MySQL 9.7 for each such pair and every character of utf8mb3.
 */
export function ordersAlike(from: string | null, to: string | null): boolean {
  return from === to || (from !== null && to !== null && inUtf8mb4(from) === to);
}

/** The collation of utf8mb4 that orders texts of a utf8mb3 one alike; any other as it is. */
export function inUtf8mb4(collation: string): string {
  return collation.replace(/^utf8mb3_/, 'utf8mb4_');
}

const INTEGERS = new Set(['tinyint', 'smallint', 'mediumint', 'int', 'bigint']);

/**
 * Whether the values of a key column stay what they are when its type changes, or else say that they do not fit: rounding,
 * filling up and converting would make other values of them without a word. Types as `SHOW CREATE TABLE` writes them.
 */
export function keepsKeyValues(from: string, to: string): boolean {
  const parse = (type: string): { name: string; sizes: number[] } => ({
    name: /^[a-z]+/.exec(type)?.[0] ?? '',
    sizes: (/\(([\d,]+)\)/.exec(type)?.[1] ?? '').split(',').map(Number),
  });
  const [a, b] = [parse(from), parse(to)];
  if (INTEGERS.has(a.name)) return INTEGERS.has(b.name);
  if (a.name !== b.name) return false;
  if (a.name === 'binary') return from === to;
  if (a.name === 'decimal') return (b.sizes[1] ?? 0) >= (a.sizes[1] ?? 0);
  if (['time', 'datetime', 'timestamp'].includes(a.name)) return (b.sizes[0] ?? 0) >= (a.sizes[0] ?? 0);
  return true;
}
