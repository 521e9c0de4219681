import {
  at,
  type Column,
  familyOf,
  type Index,
  INTEGERS,
  isLarge,
  type Options,
  type Part,
  type Partitions,
  type Table,
} from './model.js';
import { charsetOf } from './types.js';

/**
 * The table with what the server would refuse taken out of it, so that most random tables are accepted. What it refuses all
 * the same is passed over by the search.
 */
export function soundTable(table: Table): Table {
  const named = uniqueNames(table.columns, ({ name }) => name).map(({ item, name }) => docId({ ...item, name }));
  const isSpatial = named.some(({ type }) => familyOf(type) === 'spatial');
  const partitions = table.partitions === null || isSpatial ? null : soundPartitions(table.partitions, named);
  const tied = partitions === null ? [] : partitionColumns(partitions);
  const indexes = soundIndexes(table.indexes, named, tied, table.options.collation);
  const [first] = named;
  const columns = named.map((column) => soundColumn(column, indexes, column === first));
  const counting = columns.find((column) => column.autoIncrement && leadsAKey(column, indexes))?.id;
  return {
    columns: columns.map((column) => ({ ...column, autoIncrement: column.id === counting })),
    indexes,
    checks: uniqueNames(table.checks, ({ name }) => name).map(({ item, name }) => ({ ...item, name })),
    partitions,
    options: soundOptions(table.options),
  };
}

/** InnoDB takes only this for a column of that name. */
function docId(column: Column): Column {
  if (column.name.toUpperCase() !== 'FTS_DOC_ID') return column;
  const type = {
    ...{ name: 'bigint', size: null, scale: null, unsigned: true, zerofill: false },
    ...{ members: [], collation: null, srid: null },
  };
  return { ...column, name: 'FTS_DOC_ID', type, nullable: false, generated: null };
}

function soundColumn(column: Column, indexes: readonly Index[], isFirst: boolean): Column {
  const { type } = column;
  const isKey = (kind: Index['kind']): boolean =>
    indexes.some(
      (index) =>
        index.kind === kind && index.parts.some((part) => part.column === column.id && part.expression === null),
    );
  const generated = isFirst ? null : column.generated;
  const autoIncrement = column.autoIncrement && generated === null && INTEGERS.includes(type.name);
  const nullable = column.nullable && !isKey('primary') && !isKey('spatial') && !autoIncrement;
  return {
    ...column,
    nullable,
    value: generated !== null || autoIncrement ? null : column.value,
    onUpdate: column.onUpdate && generated === null && (type.name === 'datetime' || type.name === 'timestamp'),
    generated: generated !== null && isKey('primary') ? { ...generated, stored: true } : generated,
    autoIncrement,
    invisible: column.invisible && !isFirst,
    words: generated === null || column.words.startsWith('NOT') ? column.words : '',
  };
}

function leadsAKey(column: Column, indexes: readonly Index[]): boolean {
  return indexes.some(
    ({ kind, parts: [part] }) =>
      ['primary', 'unique', 'plain'].includes(kind) && part?.column === column.id && part.expression === null,
  );
}

function soundIndexes(
  indexes: readonly Index[],
  columns: readonly Column[],
  tied: readonly number[],
  collation: string | null,
): Index[] {
  let primaries = 0;
  const found = indexes.flatMap((index): Index[] => {
    const kind = index.kind === 'primary' && primaries > 0 ? 'unique' : index.kind;
    if ((kind === 'fulltext' || kind === 'spatial') && tied.length > 0) return [];
    const isUnique = kind === 'primary' || kind === 'unique';
    const added = isUnique ? tied.map((id) => ({ column: id, prefix: null, descending: false, expression: null })) : [];
    const parts = soundParts({ ...index, kind, parts: [...index.parts, ...added] }, columns, collation).map((part) =>
      isUnique && tied.includes(part.column) ? { ...part, prefix: null } : part,
    );
    if (parts.length === 0) return [];
    if (kind === 'primary') primaries += 1;
    const isTree = isUnique || kind === 'plain';
    return [
      {
        ...index,
        kind,
        parts: index.using === 'USING HASH' ? parts.map((part) => ({ ...part, descending: false })) : parts,
        invisible: index.invisible && kind !== 'primary',
        ngram: index.ngram && kind === 'fulltext',
        using: isTree ? index.using : '',
      },
    ];
  });
  // The server names an index after its first column.
  const given = found.some(({ name }) => name === null)
    ? ['functional_index', ...columns.map(({ name }) => name.toLowerCase())]
    : [];
  return uniqueNames(found, ({ name }) => name, ['primary', 'gen_clust_index', 'fts_doc_id_index', ...given]).map(
    ({ item, name }) => ({ ...item, name }),
  );
}

function soundParts({ kind, parts }: Index, columns: readonly Column[], collation: string | null): Part[] {
  const seen = new Set<number>();
  const texts = new Set<string | null>();
  const fitting = parts.flatMap((part): Part[] => {
    const column = columns.find(({ id }) => id === part.column) ?? at(columns, part.column);
    if (column === undefined) return [];
    if (part.expression !== null && (kind === 'plain' || kind === 'unique')) return [part];
    const { type } = column;
    const family = familyOf(type);
    const plain = { column: column.id, prefix: null, descending: false, expression: null };
    const isVirtual = column.generated?.stored === false;
    if (seen.has(column.id)) return [];
    if (kind === 'spatial') {
      if (family !== 'spatial' || isVirtual || seen.size > 0) return [];
    } else if (kind === 'fulltext') {
      const own = type.collation ?? collation ?? 'utf8mb4_0900_ai_ci';
      const isText =
        family === 'text' &&
        !['enum', 'set'].includes(type.name) &&
        !/^(ucs2|utf16|utf16le|utf32|binary)$/.test(charsetOf(own));
      if (!isText || isVirtual || (texts.size > 0 && !texts.has(own)) || type.size === 0) return [];
      texts.add(own);
    } else if (
      family === 'json' ||
      family === 'spatial' ||
      family === 'vector' ||
      type.size === 0 ||
      (kind === 'primary' && isVirtual)
    )
      return [];
    seen.add(column.id);
    if (kind === 'spatial' || kind === 'fulltext') return [plain];
    const isCut = ['char', 'varchar', 'binary', 'varbinary'].includes(type.name);
    const most = isLarge(type) ? 20 : Math.min((type.size ?? 1) - 1, 20);
    const needed = isLarge(type) || (isCut && (type.size ?? 1) > 100);
    const asked = isCut && part.prefix !== null && most > 0;
    return [
      {
        ...plain,
        descending: part.descending,
        prefix: needed || asked ? Math.max(1, Math.min(part.prefix ?? 10, most)) : null,
      },
    ];
  });
  return fitting.slice(0, kind === 'primary' || kind === 'unique' ? 5 : 3);
}

/** Which columns every unique key has to have. */
function partitionColumns({ method, columns, subpartitions }: Partitions): number[] {
  const own = method === 'key' ? columns : columns.slice(0, 1);
  return [...new Set([...own, ...(subpartitions === null ? [] : [subpartitions.column])])];
}

function soundPartitions(partitions: Partitions, columns: readonly Column[]): Partitions | null {
  const { method } = partitions;
  const fit = columns.filter((column, i) => {
    const { type } = column;
    const isWhole = INTEGERS.includes(type.name);
    const family = familyOf(type);
    if (column.generated !== null && i > 0) return false;
    if (method === 'key')
      return !isLarge(type) && !['vector', 'bit'].includes(family) && (type.size ?? 1) > 0 && (type.size ?? 1) <= 100;
    if (!method.endsWith('columns')) return isWhole || type.name === 'date' || type.name === 'datetime';
    return (
      isWhole ||
      type.name === 'date' ||
      type.name === 'datetime' ||
      (/^(var)?char$/.test(type.name) && (type.size ?? 1) >= 5 && (type.size ?? 1) <= 100)
    );
  });
  const find = (id: number, among: readonly Column[]): Column | undefined =>
    among.find((column) => column.id === id) ?? at(among, id);
  const [a, b] = [find(partitions.columns[0], fit), find(partitions.columns[1], fit)];
  if (a === undefined || b === undefined) return null;
  const sub = partitions.subpartitions;
  const whole = columns.filter((column) => INTEGERS.includes(column.type.name) && column.generated === null);
  const subColumn = sub === null || method === 'hash' || method === 'key' ? undefined : find(sub.column, whole);
  let bound = 0;
  const parts = uniqueNames(partitions.parts, ({ name }) => name).map(({ item, name }) => {
    bound = Math.max(item.bound, bound + 2);
    return { ...item, name, bound };
  });
  return {
    ...partitions,
    columns: [a.id, b.id],
    form: method === 'list' ? 0 : partitions.form,
    parts: parts.slice(0, 12),
    subpartitions: sub === null || subColumn === undefined ? null : { ...sub, column: subColumn.id },
  };
}

function soundOptions({ collation, others }: Options): Options {
  const kept = { ...others };
  if (kept.KEY_BLOCK_SIZE !== undefined) kept.ROW_FORMAT = 'COMPRESSED';
  if (kept.ROW_FORMAT === 'COMPRESSED') delete kept.COMPRESSION;
  return { collation, others: kept };
}

/** Names that no other has, in whatever letters; those that are null stay so. */
function uniqueNames<T, N extends string | null>(
  items: readonly T[],
  nameOf: (item: T) => N,
  taken: readonly string[] = [],
): { item: T; name: N }[] {
  const seen = new Set(taken);
  return items.map((item) => {
    const name = nameOf(item);
    if (name === null) return { item, name };
    let unique: string = name;
    for (let n = 2; seen.has(unique.toLowerCase()); n += 1) unique = `${Array.from(name).slice(0, 60).join('')}${n}`;
    seen.add(unique.toLowerCase());
    return { item, name: unique as N };
  });
}
