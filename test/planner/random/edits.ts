import fc from 'fast-check';
import { expressions } from './expressions.js';
import { at, type Check, type Column, type Index, type Partitions, type Table } from './model.js';
import { names } from './names.js';
import { soundTable } from './sound.js';
import { checks, columns, comments, indexes, option, options, partition, partitions, parts, values } from './tables.js';
import { tweaked, types } from './types.js';

/** One thing that somebody does to a table. */
type Edit = (table: Table) => Table;

const place = fc.nat(9);
const nothing = fc.constant(null);

/** Something new for one of the items of a list, wherever the place leads. */
function changing<K extends 'columns' | 'indexes' | 'checks', T>(
  list: K,
  arbitrary: fc.Arbitrary<T>,
  change: (item: Table[K][number], value: T) => Table[K][number],
): fc.Arbitrary<Edit> {
  return fc.tuple(place, arbitrary).map(([i, value]) => (table) => {
    const chosen = at<Table[K][number]>(table[list], i);
    return { ...table, [list]: table[list].map((item) => (item === chosen ? change(item, value) : item)) };
  });
}

const onColumn = <T>(
  arbitrary: fc.Arbitrary<T>,
  change: (column: Column, value: T) => Partial<Column>,
): fc.Arbitrary<Edit> => changing('columns', arbitrary, (column, value) => ({ ...column, ...change(column, value) }));
const onIndex = <T>(
  arbitrary: fc.Arbitrary<T>,
  change: (index: Index, value: T) => Partial<Index>,
): fc.Arbitrary<Edit> => changing('indexes', arbitrary, (index, value) => ({ ...index, ...change(index, value) }));
const onCheck = <T>(
  arbitrary: fc.Arbitrary<T>,
  change: (check: Check, value: T) => Partial<Check>,
): fc.Arbitrary<Edit> => changing('checks', arbitrary, (check, value) => ({ ...check, ...change(check, value) }));
const onPartitions = <T>(
  arbitrary: fc.Arbitrary<T>,
  change: (all: Partitions, value: T) => Partial<Partitions>,
): fc.Arbitrary<Edit> =>
  arbitrary.map(
    (value) => (table) =>
      table.partitions === null
        ? table
        : { ...table, partitions: { ...table.partitions, ...change(table.partitions, value) } },
  );

function adding<K extends 'columns' | 'indexes' | 'checks', T>(
  list: K,
  arbitrary: fc.Arbitrary<T>,
  make: (value: T, table: Table) => Table[K][number],
): fc.Arbitrary<Edit> {
  return fc.tuple(place, arbitrary).map(([i, value]) => (table) => ({
    ...table,
    [list]: inserted<Table[K][number]>(table[list], i, make(value, table)),
  }));
}

function dropping(list: 'columns' | 'indexes' | 'checks'): fc.Arbitrary<Edit> {
  return place.map((i) => (table) => {
    const isLast = list === 'columns' && table.columns.length === 1;
    return isLast ? table : { ...table, [list]: without<unknown>(table[list], i) };
  });
}

function moving(list: 'columns' | 'indexes' | 'checks'): fc.Arbitrary<Edit> {
  return fc.tuple(place, place).map(([i, j]) => (table) => {
    const moved = at<unknown>(table[list], i);
    return moved === undefined
      ? table
      : { ...table, [list]: inserted<unknown>(without<unknown>(table[list], i), j, moved) };
  });
}

function inserted<T>(list: readonly T[], i: number, item: T): T[] {
  const index = i % (list.length + 1);
  return [...list.slice(0, index), item, ...list.slice(index)];
}

function without<T>(list: readonly T[], i: number): T[] {
  const gone = at(list, i);
  return list.filter((item) => item !== gone);
}

const columnEdits: fc.Arbitrary<Edit>[] = [
  adding('columns', columns, (column, table) => ({ ...column, id: nextId(table) })),
  adding('columns', columns, (column, table) => ({ ...column, id: nextId(table) })),
  dropping('columns'),
  dropping('columns'),
  moving('columns'),
  onColumn(fc.tuple(names, fc.boolean()), (column, [name, isTold]) => ({
    name,
    renamedFrom: isTold && !/[\n\r\u2028\u2029]/.test(column.name) ? (column.renamedFrom ?? column.name) : null,
  })),
  onColumn(nothing, ({ name }) => ({ name: inOtherLetters(name) })),
  onColumn(columns, (_, column) => column),
  onColumn(columns, ({ name }, column) => ({ ...column, name })),
  onColumn(fc.tuple(fc.nat(99), types), ({ type }, [how, other]) => ({ type: tweaked(type, how, other) })),
  onColumn(fc.tuple(fc.nat(99), types), ({ type }, [how, other]) => ({ type: tweaked(type, how, other) })),
  onColumn(fc.tuple(fc.nat(99), types), ({ type }, [how, other]) => ({ type: tweaked(type, how, other) })),
  onColumn(types, (_, type) => ({ type })),
  onColumn(nothing, ({ nullable }) => ({ nullable: !nullable })),
  onColumn(fc.option(values), (_, value) => ({ value })),
  onColumn(nothing, ({ onUpdate }) => ({ onUpdate: !onUpdate })),
  onColumn(comments, (_, comment) => ({ comment })),
  onColumn(nothing, ({ invisible }) => ({ invisible: !invisible })),
  onColumn(columns, (_, { generated }) => ({ generated })),
  onColumn(fc.tuple(fc.boolean(), expressions), (_, [stored, expression]) => ({ generated: { stored, expression } })),
  onColumn(expressions, ({ generated }, expression) => ({ generated: generated && { ...generated, expression } })),
  onColumn(nothing, ({ generated }) => ({ generated: generated && { ...generated, stored: !generated.stored } })),
  onColumn(nothing, ({ autoIncrement }) => ({ autoIncrement: !autoIncrement })),
  onColumn(columns, (_, { words }) => ({ words })),
  fc.tuple(place, place).map(([i, j]) => (table) => {
    const [a, b] = [at(table.columns, i), at(table.columns, j)];
    const name = (column: Column): string | undefined => (column === a ? b?.name : column === b ? a?.name : undefined);
    return { ...table, columns: table.columns.map((column) => ({ ...column, name: name(column) ?? column.name })) };
  }),
];

const indexEdits: fc.Arbitrary<Edit>[] = [
  adding('indexes', indexes, (index) => index),
  adding('indexes', indexes, (index) => index),
  dropping('indexes'),
  dropping('indexes'),
  moving('indexes'),
  onIndex(fc.option(names), (_, name) => ({ name })),
  onIndex(nothing, ({ name }) => ({ name: name && inOtherLetters(name) })),
  onIndex(nothing, ({ attribute }) => ({ attribute: !attribute })),
  onIndex(nothing, ({ invisible }) => ({ invisible: !invisible })),
  onIndex(comments, (_, comment) => ({ comment })),
  onIndex(indexes, (_, { kind }) => ({ kind })),
  onIndex(indexes, (_, { kind }) => ({ kind })),
  onIndex(fc.tuple(place, parts), ({ parts: all }, [i, part]) => ({ parts: inserted(all, i, part) })),
  onIndex(place, ({ parts: all }, i) => ({ parts: all.length > 1 ? without(all, i) : all })),
  onIndex(parts, ({ parts: all }, { descending, prefix }) => ({
    parts: all.map((part) => ({ ...part, descending, prefix })),
  })),
  onIndex(nothing, ({ parts: all }) => ({ parts: [...all].reverse() })),
  onIndex(nothing, ({ ngram }) => ({ ngram: !ngram })),
  onIndex(indexes, (_, { blockSize, using }) => ({ blockSize, using })),
];

const checkEdits: fc.Arbitrary<Edit>[] = [
  adding('checks', checks, (check) => check),
  dropping('checks'),
  moving('checks'),
  onCheck(fc.option(names), (_, name) => ({ name })),
  onCheck(expressions, (_, expression) => ({ expression })),
  onCheck(nothing, ({ enforced }) => ({ enforced: !enforced })),
];

const optionEdits: fc.Arbitrary<Edit>[] = [
  option.map(([name, value]) => (table) => ({
    ...table,
    options: { ...table.options, others: { ...table.options.others, [name]: value } },
  })),
  place.map((i) => ({ options: { others, collation }, ...table }) => {
    const gone = at(Object.keys(others), i);
    const kept = Object.fromEntries(Object.entries(others).filter(([name]) => name !== gone));
    return { ...table, options: { collation, others: kept } };
  }),
  options.map(({ collation }) => (table) => ({ ...table, options: { ...table.options, collation } })),
];

const partitionEdits: fc.Arbitrary<Edit>[] = [
  partitions.map((all) => (table) => ({ ...table, partitions: all })),
  fc.constant((table) => ({ ...table, partitions: null })),
  onPartitions(partition, ({ parts: all }, added) => ({
    parts: [...all, { ...added, bound: (all.at(-1)?.bound ?? 0) + added.bound }],
  })),
  onPartitions(fc.tuple(place, partition), ({ parts: all }, [i, added]) => ({ parts: inserted(all, i, added) })),
  onPartitions(place, ({ parts: all }, i) => ({ parts: all.length > 1 ? without(all, i) : all })),
  onPartitions(fc.tuple(place, comments), ({ parts: all }, [i, comment]) => ({
    parts: all.map((part) => (part === at(all, i) ? { ...part, comment } : part)),
  })),
  onPartitions(partitions, (_, { count, linear, algorithm }) => ({ count, linear, algorithm })),
  onPartitions(partitions, (_, { subpartitions, maxvalue }) => ({ subpartitions, maxvalue })),
  onPartitions(partitions, (_, { form, columns: all }) => ({ form, columns: all })),
];

const edits = fc.oneof(
  { weight: 10, arbitrary: fc.oneof(...columnEdits) },
  { weight: 6, arbitrary: fc.oneof(...indexEdits) },
  { weight: 2, arbitrary: fc.oneof(...checkEdits) },
  { weight: 2, arbitrary: fc.oneof(...optionEdits) },
  { weight: 2, arbitrary: fc.oneof(...partitionEdits) },
);

export const editLists: fc.Arbitrary<Edit[]> = fc.oneof(
  { weight: 3, arbitrary: fc.array(edits, { minLength: 1, maxLength: 1 }) },
  { weight: 2, arbitrary: fc.array(edits, { minLength: 2, maxLength: 4 }) },
  { weight: 1, arbitrary: fc.array(edits, { minLength: 5, maxLength: 9 }) },
);

export function edited(table: Table, list: readonly Edit[]): Table {
  return list.reduce((before, edit) => soundTable(edit(before)), table);
}

function inOtherLetters(name: string): string {
  return name === name.toUpperCase() ? name.toLowerCase() : name.toUpperCase();
}

function nextId({ columns: all }: Table): number {
  return Math.max(-1, ...all.map(({ id }) => id)) + 1;
}
