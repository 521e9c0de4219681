import { sameName } from '../contract/index.js';
import { quoteName } from '../mysql/index.js';
import type { Difference } from './diff.js';
import { droppedColumns } from './diff-columns.js';
import { mentions } from './expressions.js';
import type { IndexItem, TableDefinition } from './table-definition.js';

/** Which old index becomes which new one; those of neither are dropped and added. */
export class IndexDiff {
  /** New index -> the old one that stays in its place, perhaps under another name. */
  readonly #kept = new Map<IndexItem, IndexItem>();

  constructor(
    private readonly from: TableDefinition,
    to: TableDefinition,
    remade: readonly string[],
  ) {
    this.#indexes = to.indexes;
    for (const index of to.indexes) {
      const before = find(from, index.name);
      const old = before === undefined ? renamed(index, from, to) : before.body === index.body ? before : undefined;
      if (old !== undefined) this.#kept.set(index, old);
    }
    // The expression of an index over such a column, or one that is dropped, or over what is computed with it (3837).
    const dropped = droppedColumns(from, to).map(({ column }) => column.name);
    for (const column of computedWith([...remade, ...dropped], from))
      for (const index of to.indexes)
        if (index.columns === null && mentions(index.body, column)) this.#kept.delete(index);
    this.#keepOrder();
  }

  readonly #indexes: readonly IndexItem[];

  /**
   * The server puts a new index behind those that stay; it sorts by kind, and within a kind lets them be. So of each kind
   * those stay that come first and have kept their order, and what is behind is made anew.
   */
  #keepOrder(): void {
    const reached = new Map<string, number>();
    for (const index of this.#indexes) {
      const kind = index.kind === 'spatial' ? 'plain' : index.kind;
      const old = this.#kept.get(index);
      const position = old === undefined ? Infinity : this.from.indexes.indexOf(old);
      if (position < (reached.get(kind) ?? -1) || position === Infinity) {
        this.#kept.delete(index);
        reached.set(kind, Infinity);
      } else reached.set(kind, position);
    }
  }

  dropped(): Difference[] {
    const staying = new Set(this.#kept.values());
    return this.from.indexes
      .filter((index) => !staying.has(index))
      .map((index) => ({
        kind: 'drop-index',
        clause: index.kind === 'primary' ? 'DROP PRIMARY KEY' : `DROP KEY ${quoteName(index.name)}`,
        index,
        replaced: this.#indexes.some((other) => sameName(other.name, index.name)),
      }));
  }

  changed(): Difference[] {
    return this.#indexes.flatMap((index): Difference[] => {
      const old = this.#kept.get(index);
      const name = quoteName(index.name);
      if (old === undefined)
        return [
          {
            kind: 'add-index',
            clause: `ADD ${index.text}`,
            index,
            replaced: find(this.from, index.name) !== undefined,
          },
        ];
      const visibility = `ALTER INDEX ${name} ${index.invisible ? 'INVISIBLE' : 'VISIBLE'}`;
      return [
        ...(old.name === index.name
          ? []
          : [{ kind: 'rename-index' as const, clause: `RENAME INDEX ${quoteName(old.name)} TO ${name}`, index }]),
        ...(old.invisible === index.invisible
          ? []
          : [{ kind: 'index-visibility' as const, clause: visibility, index }]),
      ];
    });
  }
}

/** The columns, and all that are computed with any of them. */
function computedWith(names: readonly string[], table: TableDefinition): string[] {
  const more = table.columns.filter(
    ({ name, generated, definition }) =>
      generated !== null && !names.includes(name) && names.some((each) => mentions(definition, each)),
  );
  return more.length === 0 ? [...names] : computedWith([...names, ...more.map(({ name }) => name)], table);
}

/** The one old index that is this new one under another name. */
function renamed(index: IndexItem, from: TableDefinition, to: TableDefinition): IndexItem | undefined {
  const gone = from.indexes.filter((old) => old.body === index.body && find(to, old.name) === undefined);
  const fresh = to.indexes.filter((other) => other.body === index.body && find(from, other.name) === undefined);
  return gone.length === 1 && fresh.length === 1 ? gone[0] : undefined;
}

function find(table: TableDefinition, name: string): IndexItem | undefined {
  return table.indexes.find((index) => sameName(index.name, name));
}
