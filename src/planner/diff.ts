import { quoteName } from '../mysql/index.js';
import { changedColumns, droppedColumns, touchedColumns } from './diff-columns.js';
import { IndexDiff } from './diff-indexes.js';
import { options, partitioning } from './diff-options.js';
import { mentions } from './expressions.js';
import type { CheckItem, ColumnItem, IndexItem, NamedItem, TableDefinition } from './table-definition.js';

/** One difference between two definitions of a table, with the clause that makes it go away. */
export type Difference =
  | { readonly kind: 'add-column'; readonly clause: string; readonly column: ColumnItem }
  | { readonly kind: 'drop-column'; readonly clause: string; readonly column: ColumnItem }
  | {
      readonly kind: 'change-column';
      readonly clause: string;
      readonly from: ColumnItem;
      readonly to: ColumnItem;
      readonly moved: boolean;
    }
  | { readonly kind: 'rename-column'; readonly clause: string; readonly from: string; readonly to: string }
  | {
      readonly kind: 'add-index' | 'drop-index';
      readonly clause: string;
      readonly index: IndexItem;
      /** Dropped and added under one name, in the same statement. */
      readonly replaced: boolean;
    }
  | { readonly kind: 'rename-index' | 'index-visibility'; readonly clause: string; readonly index: IndexItem }
  | { readonly kind: 'check'; readonly clause: string; readonly name: string }
  | { readonly kind: 'option'; readonly clause: string; readonly option: string }
  | { readonly kind: 'drop-foreign-key'; readonly clause: string; readonly name: string }
  /** Partitions behind the last one: the only clause of its statement. */
  | { readonly kind: 'add-partitions'; readonly clause: string; readonly whole: string }
  /** The clause stands behind all others, without a comma. */
  | { readonly kind: 'partitioning'; readonly clause: string }
  | { readonly kind: 'add-foreign-key' | 'engine' | 'tablespace'; readonly clause: null; readonly what: string };

/**
 * From one definition to the other, in the order in which the clauses may stand in one ALTER (P6). `renamed`: columns that
 * get these names in the same statement, and have them in both definitions.
 */
export function diffTables(from: TableDefinition, to: TableDefinition, renamed: readonly string[] = []): Difference[] {
  const touched = touchedColumns(from, to, renamed);
  const indexes = new IndexDiff(from, to, touched);
  const checks = changedChecks(from, to, [...touched.remade, ...renamed]);
  const keys = foreignKeys(from, to);
  return [
    ...keys.filter((each) => each.kind === 'drop-foreign-key'),
    ...indexes.dropped(),
    ...checks.filter((each) => each.clause.startsWith('DROP')),
    ...droppedColumns(from, to),
    ...changedColumns(from, to, touched),
    ...indexes.changed(),
    ...checks.filter((each) => !each.clause.startsWith('DROP')),
    ...options(from, to),
    ...partitioning(from, to),
    ...keys.filter((each) => each.kind !== 'drop-foreign-key'),
    ...engine(from, to),
  ];
}

/** The one statement that makes all differences go away; null when there is none for any. `copies`: by an empty copy. */
export function alterStatement(
  table: string,
  differences: readonly Difference[],
  copies = needsAlgorithmCopy(differences),
): string | null {
  const clauses: string[] = [];
  let last = '';
  for (const each of differences) {
    if (each.clause === null) continue;
    if (each.kind === 'partitioning') last = each.clause;
    else if (each.kind === 'add-partitions' && differences.length > 1) last = each.whole;
    else clauses.push(each.clause);
  }
  if (clauses.length > 0 && copies) clauses.push('ALGORITHM=COPY');
  const text = [clauses.join(', '), last].filter((part) => part !== '').join(' ');
  return text === '' ? null : `ALTER TABLE ${quoteName(table)} ${text}`;
}

/**
 * What the server does wrongly, or not at all, unless it makes the table anew, which costs nothing on the empty shadow:
 * an index replaced by one that differs only in order, parser or block size stays as it was; two FULLTEXT indexes
 * (1795); a renamed index made invisible (1176).
 */
export function needsAlgorithmCopy(differences: readonly Difference[]): boolean {
  const of = (kind: Difference['kind']): Difference[] => differences.filter((each) => each.kind === kind);
  const names = (kind: 'rename-index' | 'index-visibility'): string[] =>
    differences.flatMap((each) => (each.kind === kind ? each.index.name : []));
  return (
    of('drop-index').some((each) => each.kind === 'drop-index' && each.replaced) ||
    of('add-index').filter((each) => each.kind === 'add-index' && each.index.kind === 'fulltext').length > 1 ||
    names('rename-index').some((name) => names('index-visibility').includes(name))
  );
}

/** Constraints over a column that is dropped and added, or renamed, go and come with it (3959). */
function changedChecks(
  from: TableDefinition,
  to: TableDefinition,
  columns: readonly string[],
): Extract<Difference, { kind: 'check' }>[] {
  const same = (a: CheckItem, b: CheckItem): boolean =>
    a.name === b.name && a.condition === b.condition && !columns.some((name) => mentions(a.condition, name));
  return [
    ...from.checks
      .filter((check) => !to.checks.some((other) => same(check, other)))
      .map(({ name }) => ({ kind: 'check' as const, clause: `DROP CHECK ${quoteName(name)}`, name })),
    ...to.checks.flatMap((check) => {
      const before = from.checks.find((other) => same(other, check));
      const { name, enforced, text } = check;
      if (before === undefined) return { kind: 'check' as const, clause: `ADD ${text}`, name };
      if (before.enforced === enforced) return [];
      const clause = `ALTER CHECK ${quoteName(name)} ${enforced ? '' : 'NOT '}ENFORCED`;
      return { kind: 'check' as const, clause, name };
    }),
  ];
}

/**
 * A foreign key is dropped in place. None is added to a table that is there: the engine's sessions look at no foreign
 * keys, so that rows without a parent would not be found.
 */
function foreignKeys(from: TableDefinition, to: TableDefinition): Difference[] {
  const missing = (a: readonly NamedItem[], b: readonly NamedItem[]): NamedItem[] =>
    a.filter((key) => !b.some((other) => other.text === key.text));
  return [
    ...missing(from.foreignKeys, to.foreignKeys).map(({ name }) => ({
      kind: 'drop-foreign-key' as const,
      clause: `DROP FOREIGN KEY ${quoteName(name)}`,
      name,
    })),
    ...missing(to.foreignKeys, from.foreignKeys).map(({ name }) => ({
      kind: 'add-foreign-key' as const,
      clause: null,
      what: `foreign key \`${name}\` would be added, and rows that have no parent would not be found`,
    })),
  ];
}

function engine(from: TableDefinition, to: TableDefinition): Difference[] {
  const differing = (option: string): string | undefined => {
    const [a = 'none', b = 'none'] = [from, to].map(({ options: all }) => all.get(option));
    return a === b ? undefined : `(${a} and ${b})`;
  };
  const [engines, tablespaces] = [differing('ENGINE'), differing('TABLESPACE')];
  return [
    ...(engines === undefined
      ? []
      : [{ kind: 'engine' as const, clause: null, what: `the engine differs ${engines}` }]),
    ...(tablespaces === undefined
      ? []
      : [{ kind: 'tablespace' as const, clause: null, what: `the tablespace differs ${tablespaces}` }]),
  ];
}
