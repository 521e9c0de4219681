import { KEY_TYPES } from '../../../src/mysql/index.js';
import type { Column, Table } from './model.js';

type Condition = (from: Table, to: Table) => boolean;

/**
 * Why a table may be blocked, and what a pair has to be like for that. Any other reason is a bug of the planner or something
 * that it cannot do yet.
 */
const LEGITIMATE: Readonly<Record<string, Condition>> = {
  'invisible-key': (from, to) => [...from.indexes, ...to.indexes].some(({ invisible }) => invisible),
  'no-tracked-key': (from) => !isTracked(from),
  'tracked-key-changes': (from, to) => !isTracked(from) || textOfKey(from) !== textOfKey(to) || isComputed(from),
  'enum-reorder': (from, to) => [...from.columns, ...to.columns].some(({ type }) => type.members.length > 0),
  'hidden-members': (from, to) =>
    [...from.columns, ...to.columns].some(({ type }) =>
      type.members.some((member) => /[\u{10000}-\u{10ffff}]/u.test(member)),
    ),
  tablespace: ({ options: a }, { options: b }) => a.others.TABLESPACE !== b.others.TABLESPACE,
  'null-becomes-id': (_, to) => to.columns.some(({ autoIncrement }) => autoIncrement),
  'random-default': (_, to) => to.columns.some(({ value }) => value !== null && value.kind !== 'null'),
  check: (from, to) => from.checks.length > 0 || to.checks.length > 0,
};

/** What is wrong about the block, if anything. `codes`: of the reasons, the first one is why. */
export function unjustified(codes: readonly string[], from: Table, to: Table): string | undefined {
  const [code = ''] = codes;
  const condition = LEGITIMATE[code];
  if (condition === undefined) return `${code} is no reason to block a table`;
  return condition(from, to) ? undefined : `${code} is no reason to block this table`;
}

type Key = readonly { readonly column: number; readonly prefix: number | null }[];

function keyOf({ indexes }: Table): Key {
  return indexes.find(({ kind }) => kind === 'primary')?.parts ?? [];
}

function keyColumns(table: Table): Column[] {
  return keyOf(table).flatMap(({ column }) => table.columns.find(({ id }) => id === column) ?? []);
}

/** By the primary key; by another one it may be. */
function isTracked(table: Table): boolean {
  const key = keyOf(table);
  return (
    key.length > 0 &&
    key.every(({ prefix }) => prefix === null) &&
    keyColumns(table).every(({ type }) => KEY_TYPES.has(type.name))
  );
}

function isComputed(table: Table): boolean {
  return keyColumns(table).some(({ generated }) => generated !== null);
}

function textOfKey(table: Table): string {
  const columns = keyColumns(table).map(({ name, type, generated }) => ({ name, type, generated }));
  return JSON.stringify([keyOf(table), columns, table.options.collation]);
}
