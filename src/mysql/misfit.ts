/** As much of a column as tells which values it has room for. */
export interface Room {
  /** e.g. `varchar(20)`, `int unsigned` */
  readonly type: string;
  /** Null for other than text. */
  readonly charset: string | null;
}

const INTEGER_BITS: Readonly<Record<string, bigint>> = {
  tinyint: 8n,
  smallint: 16n,
  mediumint: 24n,
  int: 32n,
  bigint: 64n,
};

/** A condition that is true of a value that surely does not fit the other column; undefined when there is none that is simple. */
export function misfitSql(quotedName: string, from: Room, to: Room): string | undefined {
  const [a, b] = [rangeOf(from.type), rangeOf(to.type)];
  if (a !== undefined && b !== undefined)
    return b.least > a.least || b.most < a.most ? `${quotedName} NOT BETWEEN ${b.least} AND ${b.most}` : undefined;
  const most = /^(?:var)?(?:char|binary)\((\d+)\)/.exec(to.type)?.[1];
  const isText = from.charset !== null && to.charset !== null;
  const isBytes = /^\w*(binary|blob)/.test(from.type) && /^\w*binary/.test(to.type);
  if (most === undefined || from.type === to.type || (!isText && !isBytes)) return undefined;
  const value = /^char/.test(to.type) ? `TRIM(TRAILING ' ' FROM ${quotedName})` : quotedName;
  return `${isText ? 'CHAR_LENGTH' : 'LENGTH'}(${value}) > ${most}`;
}

function rangeOf(type: string): { least: bigint; most: bigint } | undefined {
  const bits = INTEGER_BITS[/^\w+/.exec(type)?.[0] ?? ''];
  if (bits === undefined) return undefined;
  const half = 1n << (bits - 1n);
  return type.includes('unsigned') ? { least: 0n, most: 2n * half - 1n } : { least: -half, most: half - 1n };
}
