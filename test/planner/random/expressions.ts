import fc from 'fast-check';
import { at, type Column, type Expression, type Family, familyOf, isLarge, type Table } from './model.js';
import { literal, quoted, texts } from './names.js';

export const expressions: fc.Arbitrary<Expression> = fc.record({
  columns: fc.tuple(fc.nat(9), fc.nat(9)),
  form: fc.nat(99),
  text: texts,
  number: fc.integer({ min: -3, max: 300 }),
});

/** What stands in a form: `c` and `d` are columns, `t` is a literal, `n` a number. */
interface Filling {
  readonly c: string;
  readonly d: string;
  readonly t: string;
  readonly n: number;
}
type Form = (filling: Filling) => string;

/** What gives a value, by what the column holds. */
const VALUES: Readonly<Record<Family, readonly Form[]>> = {
  number: [
    ...([({ c, n }) => `${c} + ${n}`, ({ c }) => `${c} * 2 - 1`, ({ c }) => `-${c}`, ({ c }) => `abs(${c})`] as Form[]),
    ...([
      ({ c }) => `${c} % 7`,
      ({ c }) => `${c} div 3`,
      ({ c }) => `${c} / 3`,
      ({ c, n }) => `(${c} > ${n})`,
    ] as Form[]),
    ...([
      ({ c, n }) => `coalesce(${c}, ${n})`,
      ({ c, n }) => `nullif(${c}, ${n})`,
      ({ c, n, t }) => `if(${c} > ${n}, ${t}, 'x')`,
    ] as Form[]),
    ...([
      ({ c, t }) => `case ${c} when 1 then 'a' when 2 then ${t} else null end`,
      ({ c, t }) => `concat(${c}, ${t})`,
    ] as Form[]),
    ...([
      ({ c }) => `${c} & 1 | 2 ^ 4`,
      ({ c }) => `~${c} << 1`,
      ({ c }) => `round(${c}, 2)`,
      ({ c }) => `hex(${c})`,
    ] as Form[]),
    ...([
      ({ c, d }) => `greatest(${c}, ${d})`,
      ({ c, d }) => `${c} <=> ${d}`,
      ({ c }) => `cast(${c} as decimal(10,2))`,
    ] as Form[]),
    ...([
      ({ c }) => `cast(${c} as char(20) charset latin1)`,
      ({ c }) => `cast(${c} as double)`,
      ({ c }) => `format(${c}, 2)`,
    ] as Form[]),
    ...([
      ({ c }) => `${c} between 1 and 9`,
      ({ c, n }) => `${c} in (1, 2.5, 1e3, ${n})`,
      ({ c }) => `not ${c}`,
    ] as Form[]),
    ...([
      ({ c }) => `interval(${c}, 1, 2, 3)`,
      ({ c, t }) => `json_object(${t}, ${c})`,
      ({ c }) => `${c} is not true`,
    ] as Form[]),
  ],
  text: [
    ...([
      ({ c, t }) => `concat(${c}, ${t})`,
      ({ c }) => `lower(${c})`,
      ({ c }) => `left(${c}, 3)`,
      ({ c }) => `char_length(${c})`,
    ] as Form[]),
    ...([
      ({ c, t }) => `replace(${c}, ${t}, 'x')`,
      ({ c, t }) => `${c} like ${t}`,
      ({ c, t }) => `${c} not like ${t} escape '|'`,
    ] as Form[]),
    ...([
      ({ c, t }) => `${c} = ${t}`,
      ({ c }) => `crc32(${c})`,
      ({ c, t }) => `trim(leading ${t} from ${c})`,
      ({ c }) => `trim(${c})`,
    ] as Form[]),
    ...([
      ({ c }) => `regexp_like(${c}, '^[a-z]+\\\\.')`,
      ({ c }) => `${c} regexp 'a|b'`,
      ({ c }) => `convert(${c} using utf8mb4)`,
    ] as Form[]),
    ...([
      ({ c }) => `convert(${c} using latin1)`,
      ({ c }) => `binary ${c}`,
      ({ c }) => `cast(${c} as binary(10))`,
    ] as Form[]),
    ...([
      ({ c, t }) => `coalesce(${c}, ${t})`,
      ({ c, t }) => `locate(${t}, ${c})`,
      ({ c, t }) => `lpad(${c}, 10, ${t})`,
    ] as Form[]),
    ...([
      ({ c, d, t }) => `concat_ws(${t}, ${c}, ${d})`,
      ({ c, t }) => `json_object(${t}, ${c})`,
      ({ c }) => `concat(${c}, x'4142')`,
    ] as Form[]),
    ...([
      ({ c }) => `concat(${c}, _latin1'x')`,
      ({ c }) => `concat(${c}, _latin1 x'e927')`,
      ({ c, t }) => `concat(${c}, _utf8mb4${t} collate utf8mb4_bin)`,
    ] as Form[]),
    ...([
      ({ c, t }) => `case when ${c} is null then ${t} else ${c} end`,
      ({ c }) => `concat(${c}, n'x', b'1000001')`,
    ] as Form[]),
    ...([
      ({ c }) => `substring_index(${c}, '.', -1)`,
      ({ c }) => `convert(${c} using utf8mb4) collate utf8mb4_bin`,
    ] as Form[]),
    ...([
      ({ c, t }) => `${c} in ('a', ${t})`,
      ({ c }) => `weight_string(${c})`,
      ({ c, t }) => `concat(${t}, ${c}, "y")`,
    ] as Form[]),
  ],
  binary: [
    ...([
      ({ c }) => `hex(${c})`,
      ({ c }) => `length(${c})`,
      ({ c }) => `${c} = x'00ff'`,
      ({ c }) => `to_base64(${c})`,
    ] as Form[]),
    ...([({ c }) => `crc32(${c})`, ({ c }) => `cast(${c} as char(9))`, ({ c, t }) => `concat(${c}, ${t})`] as Form[]),
    ...([
      ({ c }) => `inet6_ntoa(${c})`,
      ({ c }) => `bin_to_uuid(${c}, true)`,
      ({ c }) => `substr(${c}, 1, 4)`,
    ] as Form[]),
  ],
  date: [
    ...([
      ({ c }) => `year(${c})`,
      ({ c }) => `date(${c})`,
      ({ c }) => `to_days(${c})`,
      ({ c }) => `last_day(${c})`,
    ] as Form[]),
    ...([({ c }) => `date_format(${c}, '%Y-%m')`, ({ c, n }) => `${c} + interval ${n} day`] as Form[]),
    ...([({ c }) => `timestampdiff(month, ${c}, '2020-01-01')`, ({ c }) => `extract(year_month from ${c})`] as Form[]),
    ...([({ c }) => `${c} - interval '1:2' hour_minute`, ({ c }) => `${c} > date'2001-01-01'`] as Form[]),
    ...([
      ({ c }) => `cast(${c} as datetime(3))`,
      ({ c }) => `${c} between '2001-01-01' and timestamp'2002-02-02 02:02:02'`,
    ] as Form[]),
  ],
  time: [
    ({ c }) => `hour(${c})`,
    ({ c }) => `time_to_sec(${c})`,
    ({ c }) => `addtime(${c}, '1:0:0')`,
    ({ c }) => `cast(${c} as time(2))`,
  ],
  json: [
    ...([
      ({ c }) => `${c}->'$.a'`,
      ({ c }) => `${c}->>'$.b'`,
      ({ c }) => `json_length(${c})`,
      ({ c }) => `json_type(${c})`,
    ] as Form[]),
    ...([({ c }) => `json_unquote(json_extract(${c}, '$[0]', '$."x y"'))`, ({ c }) => `json_keys(${c})`] as Form[]),
    ...([
      ({ c }) => `json_value(${c}, '$.x' returning unsigned)`,
      ({ c }) => `json_contains(${c}, '1', '$.a')`,
    ] as Form[]),
    ...([
      ({ c }) => `json_value(${c}, '$.y' returning char(9) null on empty error on error)`,
      ({ c }) => `cast(${c} as char(30))`,
    ] as Form[]),
    ...([({ c }) => `3 member of (${c})`, ({ c, t }) => `json_set(${c}, '$.t', ${t})`] as Form[]),
  ],
  spatial: [
    ({ c }) => `st_astext(${c})`,
    ({ c }) => `st_srid(${c})`,
    ({ c }) => `st_geometrytype(${c})`,
    ({ c }) => `st_asgeojson(${c})`,
  ],
  vector: [({ c }) => `vector_dim(${c})`, ({ c }) => `vector_to_string(${c})`],
  bit: [({ c }) => `${c} + 0`, ({ c }) => `bit_count(${c})`, ({ c }) => `hex(${c})`, ({ c }) => `${c} | b'101'`],
};

/** What an index takes: of a type with a length, and a function or an operator. */
const INDEXED: Readonly<Record<Family, readonly Form[]>> = {
  number: [
    ...VALUES.number.slice(0, 4),
    ({ c }) => `${c} % 7`,
    ({ c, n }) => `${c} > ${n}`,
    ({ c }) => `cast(${c} as char(12))`,
    ({ c, t }) => `substr(concat(${c}, ${t}), 1, 9)`,
  ],
  text: [
    ...([
      ({ c }) => `cast(left(${c}, 9) as char(9))`,
      ({ c }) => `char_length(${c})`,
      ({ c }) => `crc32(${c})`,
    ] as Form[]),
    ...([
      ({ c, t }) => `cast(concat(${c}, ${t}) as char(20)) collate utf8mb4_bin`,
      ({ c, t }) => `${c} = ${t}`,
    ] as Form[]),
    ...([
      ({ c }) => `cast(${c} as binary(20))`,
      ({ c, t }) => `locate(${t}, ${c})`,
      ({ c }) => `cast(${c} as unsigned)`,
    ] as Form[]),
  ],
  binary: [({ c }) => `length(${c})`, ({ c }) => `crc32(${c})`, ({ c }) => `cast(hex(${c}) as char(9))`],
  date: [...VALUES.date.slice(0, 4), ({ c }) => `cast(date_format(${c}, '%Y,%m') as char(9))`],
  time: [({ c }) => `hour(${c})`, ({ c }) => `time_to_sec(${c})`],
  json: [
    ...([
      ({ c }) => `cast(${c}->>'$.a' as char(20)) collate utf8mb4_bin`,
      ({ c }) => `cast(${c}->'$.n' as signed)`,
    ] as Form[]),
    ...([({ c }) => `json_value(${c}, '$.x' returning char(9))`, ({ c }) => `json_length(${c})`] as Form[]),
    ...([({ c }) => `cast(${c}->'$.ids' as unsigned array)`, ({ c }) => `cast(${c}->'$' as char(9) array)`] as Form[]),
  ],
  spatial: [({ c }) => `st_srid(${c})`],
  vector: [({ c }) => `vector_dim(${c})`],
  bit: [({ c }) => `${c} + 0`, ({ c }) => `bit_count(${c})`],
};

const CONDITIONS: Readonly<Record<Family, readonly Form[]>> = {
  number: [
    ...([
      ({ c, n }) => `${c} > ${n}`,
      ({ c, n }) => `${c} between ${n} and ${n + 10}`,
      ({ c, d }) => `${c} <> ${d}`,
    ] as Form[]),
    ...([
      ({ c, n }) => `${c} in (1, 2, ${n}) or ${c} is null`,
      ({ c }) => `not (${c} = 3)`,
      ({ c }) => `${c} xor ${c} > 2`,
    ] as Form[]),
  ],
  text: [
    ...([
      ({ c }) => `${c} <> _latin1 x'e927'`,
      ({ c, t }) => `${c} <> ${t}`,
      ({ c, t }) => `${c} like ${t}`,
      ({ c, n }) => `char_length(${c}) < ${n}`,
    ] as Form[]),
    ...([({ c, t }) => `${c} in (${t}, 'x')`, ({ c }) => `regexp_like(${c}, '^[a-z''"\`)]*$')`] as Form[]),
    ...([
      ({ c, t }) => `${c} collate utf8mb4_bin <> _utf8mb4${t}`,
      ({ c, d, t }) => `concat(${c}, ${t}, ${d}) is not null and ${c} > ''`,
    ] as Form[]),
  ],
  binary: [({ c }) => `length(${c}) > 3`, ({ c }) => `${c} <> x'00ff'`],
  date: [
    ({ c }) => `${c} > '2001-01-01'`,
    ({ c }) => `year(${c}) < 2100`,
    ({ c }) => `${c} + interval 1 day > date'2001-01-01'`,
  ],
  time: [({ c }) => `${c} < time'10:11:12.5'`],
  json: [
    ({ c }) => `json_valid(${c})`,
    ({ c }) => `json_schema_valid('{"type":"object"}', ${c})`,
    ({ c }) => `json_length(${c}->'$.a') > 1`,
  ],
  spatial: [({ c }) => `st_srid(${c}) = 0`],
  vector: [({ c }) => `vector_dim(${c}) = 2`],
  bit: [({ c }) => `${c} <> b'101'`],
};

/** Without a column. */
const CONSTANTS: Readonly<Record<Family, readonly Form[]>> = {
  number: [({ n }) => `${n} + 1`, () => 'rand() * 10', ({ t }) => `char_length(${t})`, () => 'year(curdate())'],
  text: [
    ({ t }) => `concat(${t}, 'x')`,
    () => 'uuid()',
    ({ t }) => `_utf8mb4${t}`,
    () => 'current_user()',
    ({ t }) => t,
    () => "_latin1'x'",
    () => "_latin1 x'e927'",
    () => "_gbk x'815c27'",
  ],
  binary: [() => 'uuid_to_bin(uuid())', () => `x'00ff'`, () => 'random_bytes(4)', ({ t }) => `concat(${t}, '')`],
  date: [() => 'curdate()', () => 'now() + interval 1 day', () => 'current_timestamp(3)', () => `date'2001-02-03'`],
  time: [() => 'curtime()', () => `time'10:11:12'`],
  json: [
    () => 'json_array()',
    ({ t }) => `json_object(${t}, 1)`,
    () => `'{"a": [1, "b"]}'`,
    () => `cast('[1]' as json)`,
  ],
  spatial: [() => 'point(1, 2)', () => `st_geomfromtext('POINT(1 2)', 4326)`],
  vector: [() => `string_to_vector('[1,2]')`, () => "x'0000803f'"],
  bit: [() => `b'1'`, () => '1 + 1'],
};

/** For the place where it stands, over the columns that may stand there; undefined where there is none. */
export function renderExpression(
  { columns, form, text, number }: Expression,
  allowed: readonly Column[],
  use: 'value' | 'index' | 'condition',
): string | undefined {
  const find = (id: number): Column | undefined => allowed.find((column) => column.id === id) ?? at(allowed, id);
  const [c, d] = [find(columns[0]), find(columns[1])];
  if (c === undefined || d === undefined) return undefined;
  const forms = { value: VALUES, index: INDEXED, condition: CONDITIONS }[use][familyOf(c.type)];
  return at(forms, form)?.({ c: quoted(c.name), d: quoted(d.name), t: literal(text), n: number });
}

/** For a column of that type, perhaps over one of those that stand before it. */
export function renderDefault(
  { columns, form, text, number }: Expression,
  own: Column,
  before: readonly Column[],
): string {
  const t = literal(text);
  const found = before.find((column) => column.id === columns[0]);
  if (found !== undefined && form % 3 === 0 && !isLarge(own.type))
    return (
      at(VALUES[familyOf(found.type)], form)?.({ c: quoted(found.name), d: quoted(found.name), t, n: number }) ?? t
    );
  return at(CONSTANTS[familyOf(own.type)], form)?.({ c: '', d: '', t, n: number }) ?? t;
}

/** Columns that the expression may look at: of those with an expression themselves, only what stands before it. */
export function visibleTo(table: Table, own: Column | undefined): Column[] {
  const place = own === undefined ? Infinity : table.columns.indexOf(own);
  return table.columns.filter(
    (column, i) => column !== own && !column.autoIncrement && (i < place || !hasExpression(column)),
  );
}

function hasExpression({ generated, value, type }: Column): boolean {
  return generated !== null || value?.kind === 'expression' || (value !== null && isLarge(type));
}
