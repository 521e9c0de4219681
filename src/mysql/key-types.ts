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
