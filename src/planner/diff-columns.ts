import { sameName } from '../contract/index.js';
import { quoteName } from '../mysql/index.js';
import type { Difference } from './diff.js';
import { mentions } from './expressions.js';
import type { ColumnItem, TableDefinition } from './table-definition.js';

type DropColumn = Extract<Difference, { kind: 'drop-column' }>;

export function droppedColumns(from: TableDefinition, to: TableDefinition): DropColumn[] {
  return from.columns
    .filter(({ name }) => find(to, name) === undefined)
    .map((column) => ({ kind: 'drop-column', clause: `DROP COLUMN ${quoteName(column.name)}`, column }));
}

/** Names of columns on which nothing may depend while the statement runs, so that what does is defined again in it. */
export interface Touched {
  /** Dropped, and added again. */
  readonly remade: readonly string[];
  /** These, those that are dropped or renamed, and all that are computed with any of them. */
  readonly touched: readonly string[];
}

export function touchedColumns(from: TableDefinition, to: TableDefinition, renamed: readonly string[]): Touched {
  const remade = from.columns.flatMap((column) => {
    const after = find(to, column.name);
    return after !== undefined && isRemade(column, after) ? column.name : [];
  });
  const dropped = droppedColumns(from, to).map(({ column }) => column.name);
  return { remade, touched: computedWith([...remade, ...renamed, ...dropped], from) };
}

function computedWith(names: readonly string[], table: TableDefinition): readonly string[] {
  const more = table.columns.filter(
    ({ name, generated, definition }) =>
      generated !== null && !names.includes(name) && names.some((each) => mentions(definition, each)),
  );
  return more.length === 0 ? names : computedWith([...names, ...more.map(({ name }) => name)], table);
}

/** The server changes no column from or to virtual (3106). A normal one becomes stored, and a stored one normal. */
function isRemade(from: ColumnItem, to: ColumnItem): boolean {
  return from.generated !== to.generated && (from.generated === 'virtual' || to.generated === 'virtual');
}

/** New, changed and moved columns, in the order of the new definition: each place is told by a column that is there. */
export function changedColumns(from: TableDefinition, to: TableDefinition, { touched }: Touched): Difference[] {
  const unmoved = unmovedColumns(from, to);
  return to.columns.flatMap((column, i): Difference[] => {
    const previous = to.columns[i - 1]?.name;
    const place = previous === undefined ? 'FIRST' : `AFTER ${quoteName(previous)}`;
    const before = find(from, column.name);
    if (before === undefined) {
      // A new last column may stand without a place only when the one before it is an old one.
      const last = i === to.columns.length - 1 && previous !== undefined && find(from, previous) !== undefined;
      return [{ kind: 'add-column', clause: `ADD COLUMN ${column.text}${last ? '' : ` ${place}`}`, column }];
    }
    if (isRemade(before, column)) {
      const clause = `DROP COLUMN ${quoteName(before.name)}, ADD COLUMN ${column.text} ${place}`;
      return [{ kind: 'change-column', clause, from: before, to: column, moved: true }];
    }
    const moved = !unmoved.has(column.name.toLowerCase());
    const same =
      before.text === column.text && before.charset === column.charset && before.collation === column.collation;
    // What is computed with such a column has to be defined in the same statement (3108).
    const depends = touched.some((name) => mentions(column.definition, name));
    if (same && !moved && !depends) return [];
    const verb = before.name === column.name ? 'MODIFY COLUMN' : `CHANGE COLUMN ${quoteName(before.name)}`;
    const clause = `${verb} ${column.text}${moved ? ` ${place}` : ''}`;
    return [{ kind: 'change-column', clause, from: before, to: column, moved }];
  });
}

/** Names, in small letters, of the columns that keep their order: as many as possible. */
function unmovedColumns(from: TableDefinition, to: TableDefinition): Set<string> {
  const isStaying = ({ name }: ColumnItem): boolean => {
    const [before, after] = [find(from, name), find(to, name)];
    return before !== undefined && after !== undefined && !isRemade(before, after);
  };
  const order = from.columns.filter(isStaying).map(({ name }) => name.toLowerCase());
  const positions = to.columns.filter(isStaying).map(({ name }) => order.indexOf(name.toLowerCase()));
  return new Set([...longestIncreasing(positions)].map((i) => order[i] ?? ''));
}

function find(table: TableDefinition, name: string): ColumnItem | undefined {
  return table.columns.find((column) => sameName(column.name, name));
}

/** Positions in old order that keep their relative order: the longest such set, so that fewest columns move. */
function longestIncreasing(sequence: readonly number[]): Set<number> {
  const best = sequence.map(() => 1);
  const previous = sequence.map(() => -1);
  sequence.forEach((value, i) => {
    for (let j = 0; j < i; j += 1) {
      if ((sequence[j] ?? 0) < value && (best[j] ?? 0) + 1 > (best[i] ?? 0)) {
        best[i] = (best[j] ?? 0) + 1;
        previous[i] = j;
      }
    }
  });
  const kept = new Set<number>();
  for (let i = best.indexOf(Math.max(0, ...best)); i >= 0; i = previous[i] ?? -1) kept.add(sequence[i] ?? 0);
  return kept;
}
