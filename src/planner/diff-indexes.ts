import { sameName } from '../contract/index.js';
import { quoteName } from '../mysql/index.js';
import type { Difference } from './diff.js';
import type { Touched } from './diff-columns.js';
import { mentions } from './expressions.js';
import type { IndexItem, TableDefinition } from './table-definition.js';

/** Which old index becomes which new one; those of neither are dropped and added. */
export class IndexDiff {
  /** New index -> the old one that stays in its place, perhaps under another name. */
  readonly #kept = new Map<IndexItem, IndexItem>();

  constructor(
    private readonly from: TableDefinition,
    to: TableDefinition,
    { remade, touched }: Touched,
  ) {
    this.#indexes = to.indexes;
    for (const index of to.indexes) {
      const before = find(from, index.name);
      const old = before === undefined ? renamed(index, from, to) : before.body === index.body ? before : undefined;
      if (old !== undefined) this.#kept.set(index, old);
    }
    for (const index of to.indexes) {
      // The server keeps the lengths that its parts had.
      const isOver = remade.some((column) => mentions(index.body, column));
      // What an expression looks at (3837).
      const looksAt = index.columns === null && touched.some((column) => mentions(index.body, column));
      if (isOver || looksAt) this.#kept.delete(index);
    }
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

/** The one old index that is this new one under another name. */
function renamed(index: IndexItem, from: TableDefinition, to: TableDefinition): IndexItem | undefined {
  const gone = from.indexes.filter((old) => old.body === index.body && find(to, old.name) === undefined);
  const fresh = to.indexes.filter((other) => other.body === index.body && find(from, other.name) === undefined);
  return gone.length === 1 && fresh.length === 1 ? gone[0] : undefined;
}

function find(table: TableDefinition, name: string): IndexItem | undefined {
  return table.indexes.find((index) => sameName(index.name, name));
}
