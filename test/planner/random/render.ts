import { renderDefault, renderExpression, visibleTo } from './expressions.js';
import {
  at,
  type Check,
  type Column,
  familyOf,
  type Index,
  INTEGERS,
  isLarge,
  type Partitions,
  type Table,
  type Value,
} from './model.js';
import { literal, quoted } from './names.js';
import { charsetOf, inCharset, renderType } from './types.js';

/** As somebody may write it: each item on a line of its own. */
export function renderTable(name: string, table: Table): string {
  const items = [
    ...table.columns.map((column) => renderColumn(column, table)),
    ...table.indexes.flatMap((index) => renderIndex(index, table) ?? []),
    ...table.checks.flatMap((check) => renderCheck(check, table, name) ?? []),
  ];
  const options = [
    ...(table.options.collation === null
      ? []
      : [`DEFAULT CHARSET=${charsetOf(table.options.collation)} COLLATE=${table.options.collation}`]),
    ...Object.entries(table.options.others).map(([option, value]) => `${option}=${value}`),
  ];
  const partitions = table.partitions === null ? [] : [renderPartitions(table.partitions, table)];
  return [`CREATE TABLE ${quoted(name)} (\n${items.join(',\n')}\n) ${options.join(' ')}`.trimEnd(), ...partitions].join(
    '\n',
  );
}

function renderColumn(column: Column, table: Table): string {
  const { name, type, generated } = column;
  const words = [
    `  ${quoted(name)}`,
    renderType(type, table.options.collation),
    generated === null
      ? ''
      : `AS (${renderExpression(generated.expression, visibleTo(table, column), 'value') ?? '1'}) ${generated.stored ? 'STORED' : 'VIRTUAL'}`,
    column.nullable ? (type.name === 'timestamp' ? 'NULL' : '') : 'NOT NULL',
    type.srid === null ? '' : `SRID ${type.srid}`,
    generated === null && column.value !== null ? renderValue(column.value, column, table) : '',
    column.onUpdate ? `ON UPDATE CURRENT_TIMESTAMP${type.size === null ? '' : `(${type.size})`}` : '',
    column.autoIncrement ? 'AUTO_INCREMENT' : '',
    column.invisible ? 'INVISIBLE' : '',
    column.comment === '' ? '' : `COMMENT ${literal(column.comment)}`,
    column.words,
  ];
  const renamed = column.renamedFrom === null ? '' : `  -- sterna:renamed from=${quoted(column.renamedFrom)}\n`;
  return renamed + words.filter((word) => word !== '').join(' ');
}

function renderValue(value: Value, column: Column, table: Table): string {
  const { type } = column;
  if (value.kind === 'null') return column.nullable ? 'DEFAULT NULL' : '';
  if (value.kind === 'now' && (type.name === 'datetime' || type.name === 'timestamp'))
    return `DEFAULT CURRENT_TIMESTAMP${type.size === null ? '' : `(${type.size})`}`;
  if (value.kind === 'literal' && !isLarge(type)) return `DEFAULT ${renderLiteral(value.text, column, table)}`;
  const before = table.columns.slice(0, table.columns.indexOf(column)).filter((each) => !each.autoIncrement);
  return `DEFAULT (${renderDefault(value.expression, column, before)})`;
}

function renderLiteral(text: string, { type }: Column, table: Table): string {
  const { name, size } = type;
  if (name === 'enum') return literal(inCharset(at(type.members, text.length) ?? '', type, table.options.collation));
  if (name === 'set')
    return literal(inCharset(type.members.slice(0, text.length).join(','), type, table.options.collation));
  switch (familyOf(type)) {
    case 'text':
      return literal(
        Array.from(inCharset(text, type, table.options.collation))
          .slice(0, size ?? 1)
          .join(''),
      );
    case 'binary':
      return text.length % 2 === 0 ? `x'${'00ff'.slice(0, 2 * (size ?? 1))}'` : literal('ab'.slice(0, size ?? 1));
    case 'date':
      return name === 'date'
        ? "'2001-02-03'"
        : text.length % 2 === 0
          ? "'2001-02-03 04:05:06'"
          : "'2001-02-03 04:05:06.789'";
    case 'time':
      return "'-10:11:12.5'";
    case 'bit':
      return "b'1'";
    default:
      if (name === 'year') return '2001';
      if (name === 'bool') return text.length % 2 === 0 ? 'true' : 'false';
      return (
        at(INTEGERS.includes(name) ? ['0', '1', "'7'", '+3', '0x1'] : ['0', '0.5', "'.25'", '1e-1'], text.length) ?? '0'
      );
  }
}

function renderIndex(index: Index, table: Table): string | undefined {
  const parts = index.parts.flatMap((part) => {
    const order = part.descending ? ' DESC' : '';
    if (part.expression !== null) {
      const expression = renderExpression(
        part.expression,
        table.columns.filter((column) => !column.autoIncrement),
        'index',
      );
      return expression === undefined ? [] : `(${expression})${order}`;
    }
    const column = table.columns.find(({ id }) => id === part.column);
    return column === undefined
      ? []
      : `${quoted(column.name)}${part.prefix === null ? '' : `(${part.prefix})`}${order}`;
  });
  if (parts.length === 0) return undefined;
  const kind = {
    primary: 'PRIMARY KEY',
    unique: 'UNIQUE KEY',
    plain: 'KEY',
    fulltext: 'FULLTEXT KEY',
    spatial: 'SPATIAL KEY',
  };
  return [
    `  ${kind[index.kind]}`,
    index.kind === 'primary' || index.name === null ? '' : quoted(index.name),
    `(${parts.join(', ')})`,
    index.using,
    index.blockSize === null ? '' : `KEY_BLOCK_SIZE=${index.blockSize}`,
    index.comment === '' ? '' : `COMMENT ${literal(index.comment)}`,
    index.ngram ? 'WITH PARSER ngram' : '',
    index.invisible ? 'INVISIBLE' : '',
    index.attribute ? `SECONDARY_ENGINE_ATTRIBUTE '{"b": 2}'` : '',
  ]
    .filter((word) => word !== '')
    .join(' ');
}

/** Names of constraints belong to the schema: with the table's, so that tables do not take them from each other. */
function renderCheck({ name, expression, enforced }: Check, table: Table, tableName: string): string | undefined {
  const condition = renderExpression(expression, visibleTo(table, undefined), 'condition');
  if (condition === undefined) return undefined;
  const own = name === null ? '' : `CONSTRAINT ${quoted(`${tableName.slice(0, 4)} ${name}`.slice(0, 60).trimEnd())} `;
  return `  ${own}CHECK (${condition})${enforced ? '' : ' NOT ENFORCED'}`;
}

export function renderPartitions(partitions: Partitions, table: Table): string {
  const { method, linear, parts, subpartitions: sub } = partitions;
  const columns = partitions.columns.flatMap((id) => table.columns.find((column) => column.id === id) ?? []);
  const [first] = columns;
  const list = [...new Set(columns.map(({ name }) => quoted(name)))].join(', ');
  const number = first === undefined ? '1' : integerOf(first, partitions.form);
  if (method === 'hash')
    return `PARTITION BY ${linear ? 'LINEAR ' : ''}HASH (${number}) PARTITIONS ${partitions.count}`;
  if (method === 'key')
    return `PARTITION BY ${linear ? 'LINEAR ' : ''}KEY ${partitions.algorithm === 0 ? '' : `ALGORITHM=${partitions.algorithm} `}(${list}) PARTITIONS ${partitions.count}`;
  const isColumns = method.endsWith('columns');
  const isRange = method.startsWith('range');
  const value = (bound: number): string => {
    if (!isColumns || first === undefined) return String(bound);
    const family = familyOf(first.type);
    const date = `'2001-01-${String((bound % 28) + 1).padStart(2, '0')}'`;
    return family === 'date' ? date : family === 'text' ? literal(`m${String(bound).padStart(4, '0')}`) : String(bound);
  };
  const subColumn = sub === null ? undefined : table.columns.find(({ id }) => id === sub.column);
  const subpartitions =
    sub === null || subColumn === undefined
      ? ''
      : ` SUBPARTITION BY ${sub.linear ? 'LINEAR ' : ''}${sub.method === 'hash' ? `HASH (${integerOf(subColumn, 0)})` : `KEY (${quoted(subColumn.name)})`}${sub.named ? '' : ` SUBPARTITIONS ${sub.count}`}`;
  const all = parts.map(({ name, bound, comment, rows, hasTablespace }, i) => {
    const isLast = i === parts.length - 1;
    const most = isColumns ? '(MAXVALUE)' : 'MAXVALUE';
    const values = isRange
      ? `LESS THAN ${isLast && partitions.maxvalue ? most : `(${value(bound)})`}`
      : `IN (${value(bound)}, ${isLast && partitions.maxvalue ? 'NULL' : value(bound + 1)})`;
    const options = [
      comment === '' ? '' : ` COMMENT = ${literal(comment)}`,
      rows === null ? '' : ` MAX_ROWS = ${rows}`,
      hasTablespace ? ' TABLESPACE = innodb_file_per_table' : '',
    ].join('');
    const named =
      sub?.named === true && subpartitions !== ''
        ? ` (${Array.from({ length: sub.count }, (_, n) => `SUBPARTITION ${quoted(`${i}s${n}`)}`).join(', ')})`
        : '';
    return `PARTITION ${quoted(name)} VALUES ${values}${options}${named}`;
  });
  const by = `PARTITION BY ${isRange ? 'RANGE' : 'LIST'}${isColumns ? ` COLUMNS (${first === undefined ? '' : quoted(first.name)})` : ` (${number})`}`;
  return `${by}${subpartitions} (\n ${all.join(',\n ')})`;
}

function integerOf({ name, type }: Column, form: number): string {
  const column = quoted(name);
  const forms =
    familyOf(type) === 'date'
      ? type.name === 'timestamp'
        ? [`unix_timestamp(${column})`]
        : [`to_days(${column})`, `year(${column})`, `month(${column})`]
      : [column, `${column} + 1`, `abs(${column})`, `${column} % 10`];
  return at(forms, form) ?? column;
}
