/** What changing a column's type may lose, by a table of types. Sizes in bytes or digits. */
interface ColumnType {
  readonly name: string;
  readonly size: readonly number[];
  readonly unsigned: boolean;
  readonly members: readonly string[];
}

const INTEGER_BYTES: Readonly<Record<string, number>> = { tinyint: 1, smallint: 2, mediumint: 3, int: 4, bigint: 8 };
const TEXT_BYTES: Readonly<Record<string, number>> = {
  tinytext: 255,
  text: 65_535,
  mediumtext: 16_777_215,
  longtext: 4_294_967_295,
  tinyblob: 255,
  blob: 65_535,
  mediumblob: 16_777_215,
  longblob: 4_294_967_295,
};
const SPATIAL = [
  'point',
  'linestring',
  'polygon',
  'multipoint',
  'multilinestring',
  'multipolygon',
  'geomcollection',
  'geometrycollection',
];
const CHARSET_BYTES: Readonly<Record<string, number>> = { utf8mb4: 4, utf8mb3: 3, gbk: 2, ucs2: 2, utf16: 4, utf32: 4 };

export function parseType(type: string): ColumnType {
  const [, name = '', list = '', rest = ''] = /^([a-z]+(?: precision)?)(?:\(([\s\S]*)\))?(.*)$/.exec(type) ?? [];
  const members =
    name === 'enum' || name === 'set' ? [...list.matchAll(/'((?:[^']|'')*)'/g)].map((found) => found[1] ?? '') : [];
  return {
    name,
    size:
      members.length > 0
        ? []
        : list
            .split(',')
            .filter((part) => part !== '')
            .map(Number),
    unsigned: /unsigned/.test(rest),
    members,
  };
}

/** Why the change may lose data, or null when every value fits. `charset` is the column's, for sizes in bytes. */
export function narrowing(
  fromText: string,
  toText: string,
  charsets: { readonly from: string | null; readonly to: string | null },
): string | null {
  const from = parseType(fromText);
  const to = parseType(toText);
  const change = `${fromText} to ${toText}`;
  if (fromText === toText) return null;
  if (from.name in INTEGER_BYTES && to.name in INTEGER_BYTES) {
    const bytes = [INTEGER_BYTES[from.name] ?? 0, INTEGER_BYTES[to.name] ?? 0] as const;
    if (from.unsigned === to.unsigned) return bytes[1] < bytes[0] ? `${change} narrows the range` : null;
    if (!from.unsigned) return `${change} loses negative values`;
    return bytes[1] > bytes[0] ? null : `${change} loses the upper half of the range`;
  }
  if (from.name === 'decimal' && to.name === 'decimal') {
    const [fromDigits = 10, fromScale = 0] = from.size;
    const [toDigits = 10, toScale = 0] = to.size;
    if (to.unsigned && !from.unsigned) return `${change} loses negative values`;
    return toScale < fromScale || toDigits - toScale < fromDigits - fromScale
      ? `${change} narrows precision or scale`
      : null;
  }
  if (from.name in INTEGER_BYTES && to.name === 'decimal') {
    const digits =
      from.name === 'bigint'
        ? 20
        : from.name === 'int'
          ? 10
          : from.name === 'mediumint'
            ? 8
            : from.name === 'smallint'
              ? 5
              : 3;
    const [toDigits = 10, toScale = 0] = to.size;
    return toDigits - toScale < digits || (to.unsigned && !from.unsigned) ? `${change} narrows the range` : null;
  }
  // Without digits, a FLOAT or DOUBLE holds whatever it can.
  if (
    (from.name === to.name && to.size.length === 0 && (to.name === 'float' || to.name === 'double')) ||
    (from.name === 'float' && to.name === 'double' && to.size.length === 0)
  )
    return to.unsigned && !from.unsigned ? `${change} loses negative values` : null;
  if (isText(from.name) && isText(to.name)) {
    const [a, b] = [capacity(from, charsets.from), capacity(to, charsets.to)];
    const characters =
      from.name.includes('char') && to.name.includes('char') ? (to.size[0] ?? 1) < (from.size[0] ?? 1) : b < a;
    if (characters) return `${change} shortens values`;
    return to.name === 'char' && from.name !== 'char' ? `${change} loses spaces at the end` : null;
  }
  if (isBinary(from.name) && isBinary(to.name)) {
    if (to.name === 'binary' && fromText !== toText) return `${change} pads or shortens values`;
    return capacity(to, null) < capacity(from, null) ? `${change} shortens values` : null;
  }
  if (from.name === to.name && (from.name === 'enum' || from.name === 'set')) {
    return from.members.every((member) => to.members.includes(member)) ? null : `${change} takes members away`;
  }
  if (from.name === to.name && ['datetime', 'timestamp', 'time'].includes(from.name))
    return (to.size[0] ?? 0) < (from.size[0] ?? 0) ? `${change} shortens fractions of seconds` : null;
  if (from.name === to.name && ['bit', 'vector'].includes(from.name))
    return (to.size[0] ?? 1) < (from.size[0] ?? 1) ? `${change} shortens values` : null;
  if (from.name === 'date' && to.name === 'datetime') return null;
  if (to.name === 'geometry' && SPATIAL.includes(from.name)) return null;
  if (from.name === 'timestamp' || to.name === 'timestamp')
    return `${change} converts every value, with UTC as the time zone, whatever the applications use`;
  return `${change} converts every value, and not all may fit`;
}

/** The members keep their numbers: only new ones at the end. */
export function membersKeepTheirPlace(fromText: string, toText: string): boolean {
  const [from, to] = [parseType(fromText), parseType(toText)];
  const lists = ['enum', 'set'];
  if (!lists.includes(from.name) && !lists.includes(to.name)) return true;
  // Fewer members at the end take values away, which is another matter.
  return (
    from.name === to.name && from.members.slice(0, to.members.length).every((member, i) => to.members[i] === member)
  );
}

export function isText(name: string): boolean {
  return name === 'char' || name === 'varchar' || (name.endsWith('text') && name in TEXT_BYTES);
}

function isBinary(name: string): boolean {
  return name === 'binary' || name === 'varbinary' || (name.endsWith('blob') && name in TEXT_BYTES);
}

function capacity(type: ColumnType, charset: string | null): number {
  return TEXT_BYTES[type.name] ?? (type.size[0] ?? 1) * (charset === null ? 1 : (CHARSET_BYTES[charset] ?? 1));
}

/** Whether a longer VARCHAR needs no more length bytes, so that only metadata changes. */
export function growsInPlace(fromText: string, toText: string, charset: string | null): boolean {
  const [from, to] = [parseType(fromText), parseType(toText)];
  if (from.name !== to.name || (from.name !== 'varchar' && from.name !== 'varbinary')) return false;
  const [a, b] = [capacity(from, charset), capacity(to, charset)];
  return b >= a && a > 255 === b > 255;
}
