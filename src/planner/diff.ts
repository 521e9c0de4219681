import { quoteName } from '../mysql/index.js';
import type { ColumnItem, IndexItem, TableDefinition } from './table-definition.js';

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
  | { readonly kind: 'add-index'; readonly clause: string; readonly index: IndexItem }
  | { readonly kind: 'drop-index'; readonly clause: string; readonly index: IndexItem; readonly replaced: boolean }
  | { readonly kind: 'rename-index' | 'index-visibility'; readonly clause: string; readonly index: IndexItem }
  | { readonly kind: 'check'; readonly clause: string; readonly name: string }
  | { readonly kind: 'option'; readonly clause: string; readonly option: string }
  /** The clause stands behind all others, without a comma. */
  | { readonly kind: 'partitioning'; readonly clause: string }
  | { readonly kind: 'foreign-key' | 'partitions' | 'engine'; readonly clause: null; readonly what: string };

/** How an option is taken back that the desired definition does not have. */
const RESET: Readonly<Record<string, string>> = {
  COMMENT: "''",
  COMPRESSION: "''",
  ROW_FORMAT: 'DEFAULT',
  KEY_BLOCK_SIZE: '0',
  STATS_PERSISTENT: 'DEFAULT',
  STATS_AUTO_RECALC: 'DEFAULT',
  STATS_SAMPLE_PAGES: 'DEFAULT',
  PACK_KEYS: 'DEFAULT',
  MAX_ROWS: '0',
  MIN_ROWS: '0',
  AVG_ROW_LENGTH: '0',
  CHECKSUM: '0',
  DELAY_KEY_WRITE: '0',
  ENCRYPTION: "'N'",
};

/** From one definition to the other, in the order in which the clauses may stand in one ALTER (P6). */
export function diffTables(from: TableDefinition, to: TableDefinition): Difference[] {
  return [
    ...removed(from, to),
    ...columns(from, to),
    ...indexes(from, to),
    ...checks(from, to),
    ...options(from, to),
    ...partitioning(from, to),
    ...unhandled(from, to),
  ];
}

function removed(from: TableDefinition, to: TableDefinition): Difference[] {
  const names = new Set(to.columns.map((column) => column.name.toLowerCase()));
  const gone = from.columns.filter((column) => !names.has(column.name.toLowerCase()));
  return [
    ...from.indexes.flatMap((index): Difference[] => {
      const same = to.indexes.find((other) => other.name.toLowerCase() === index.name.toLowerCase());
      if (same?.body === index.body || (same === undefined && renamedTo(index, from, to) !== undefined)) return [];
      return [
        {
          kind: 'drop-index',
          clause: index.kind === 'primary' ? 'DROP PRIMARY KEY' : `DROP KEY ${quoteName(index.name)}`,
          index,
          replaced: same !== undefined,
        },
      ];
    }),
    ...from.checks
      .filter((check) => !to.checks.some((other) => other.text === check.text))
      .map((check): Difference => ({ kind: 'check', clause: `DROP CHECK ${quoteName(check.name)}`, name: check.name })),
    ...gone.map((column): Difference => ({
      kind: 'drop-column',
      clause: `DROP COLUMN ${quoteName(column.name)}`,
      column,
    })),
  ];
}

function columns(from: TableDefinition, to: TableDefinition): Difference[] {
  const old = new Map(from.columns.map((column) => [column.name.toLowerCase(), column]));
  const staying = to.columns
    .filter((column) => old.has(column.name.toLowerCase()))
    .map((column) => column.name.toLowerCase());
  const order = from.columns.map((column) => column.name.toLowerCase()).filter((name) => staying.includes(name));
  const still = longestIncreasing(staying.map((name) => order.indexOf(name)));
  const unmoved = new Set([...still].map((i) => order[i]));
  return to.columns.flatMap((column, i): Difference[] => {
    const place = i === 0 ? 'FIRST' : `AFTER ${quoteName(to.columns[i - 1]?.name ?? '')}`;
    const before = old.get(column.name.toLowerCase());
    if (before === undefined) {
      const last = i >= to.columns.length - 1;
      return [
        {
          kind: 'add-column',
          clause: `ADD COLUMN ${column.text}${last && from.columns.length > 0 && unmovedTail(to, i, old) ? '' : ` ${place}`}`,
          column,
        },
      ];
    }
    const moved = !unmoved.has(column.name.toLowerCase());
    const same =
      before.text === column.text && before.charset === column.charset && before.collation === column.collation;
    if (same && !moved) return [];
    const verb = before.name === column.name ? 'MODIFY COLUMN' : `CHANGE COLUMN ${quoteName(before.name)}`;
    return [
      {
        kind: 'change-column',
        clause: `${verb} ${column.text}${moved ? ` ${place}` : ''}`,
        from: before,
        to: column,
        moved,
      },
    ];
  });
}

/** A new last column may stand without a place only when the one before it is an old one or placed itself. */
function unmovedTail(to: TableDefinition, i: number, old: ReadonlyMap<string, unknown>): boolean {
  return i > 0 && old.has(to.columns[i - 1]?.name.toLowerCase() ?? '');
}

function indexes(from: TableDefinition, to: TableDefinition): Difference[] {
  return to.indexes.flatMap((index): Difference[] => {
    const before = from.indexes.find((other) => other.name.toLowerCase() === index.name.toLowerCase());
    if (before?.body === index.body) {
      return before.invisible === index.invisible
        ? []
        : [
            {
              kind: 'index-visibility',
              clause: `ALTER INDEX ${quoteName(index.name)} ${index.invisible ? 'INVISIBLE' : 'VISIBLE'}`,
              index,
            },
          ];
    }
    const renamed =
      before === undefined ? from.indexes.find((other) => renamedTo(other, from, to) === index) : undefined;
    if (renamed !== undefined)
      return [
        { kind: 'rename-index', clause: `RENAME INDEX ${quoteName(renamed.name)} TO ${quoteName(index.name)}`, index },
      ];
    return [{ kind: 'add-index', clause: `ADD ${index.text}`, index }];
  });
}

/** The one new index that is this old one under another name. */
function renamedTo(index: IndexItem, from: TableDefinition, to: TableDefinition): IndexItem | undefined {
  const isOld = (name: string): boolean =>
    from.indexes.some((other) => other.name.toLowerCase() === name.toLowerCase());
  const gone = from.indexes.filter(
    (other) =>
      other.body === index.body && !to.indexes.some((each) => each.name.toLowerCase() === other.name.toLowerCase()),
  );
  const fresh = to.indexes.filter(
    (other) => other.body === index.body && other.invisible === index.invisible && !isOld(other.name),
  );
  return gone.length === 1 && fresh.length === 1 && gone[0] === index ? fresh[0] : undefined;
}

function checks(from: TableDefinition, to: TableDefinition): Difference[] {
  return to.checks
    .filter((check) => !from.checks.some((other) => other.text === check.text))
    .map((check) => ({ kind: 'check', clause: `ADD ${check.text}`, name: check.name }));
}

function options(from: TableDefinition, to: TableDefinition): Difference[] {
  const names = [...new Set([...from.options.keys(), ...to.options.keys()])]
    .filter((name) => name !== 'ENGINE' && name !== 'COLLATE' && name !== 'DEFAULT CHARSET')
    .sort();
  const found: Difference[] = [];
  if (
    from.options.get('DEFAULT CHARSET') !== to.options.get('DEFAULT CHARSET') ||
    from.options.get('COLLATE') !== to.options.get('COLLATE')
  ) {
    const collation = to.options.get('COLLATE');
    found.push({
      kind: 'option',
      option: 'DEFAULT CHARSET',
      clause: `DEFAULT CHARSET=${to.options.get('DEFAULT CHARSET') ?? ''}${collation === undefined ? '' : ` COLLATE=${collation}`}`,
    });
  }
  for (const option of names) {
    if (from.options.get(option) === to.options.get(option)) continue;
    found.push({ kind: 'option', option, clause: `${option}=${to.options.get(option) ?? RESET[option] ?? 'DEFAULT'}` });
  }
  return found;
}

function partitioning(from: TableDefinition, to: TableDefinition): Difference[] {
  if ((from.partitions === '') === (to.partitions === '')) return [];
  return [{ kind: 'partitioning', clause: to.partitions === '' ? 'REMOVE PARTITIONING' : to.partitions }];
}

/** The clauses of differences as one ALTER takes them. */
export function alterClauses(differences: readonly Difference[]): string {
  const of = (last: boolean): string[] =>
    differences.flatMap((each) => (each.clause === null || (each.kind === 'partitioning') !== last ? [] : each.clause));
  return [of(false).join(', '), ...of(true)].filter((text) => text !== '').join(' ');
}

function unhandled(from: TableDefinition, to: TableDefinition): Difference[] {
  const texts = (definition: TableDefinition): string =>
    definition.foreignKeys
      .map((key) => key.text)
      .sort()
      .join('\n');
  return [
    ...(texts(from) === texts(to)
      ? []
      : [{ kind: 'foreign-key', clause: null, what: 'the foreign keys differ' } as const]),
    ...(from.partitions === to.partitions || from.partitions === '' || to.partitions === ''
      ? []
      : [{ kind: 'partitions', clause: null, what: 'the partitions of a partitioned table differ' } as const]),
    ...(from.options.get('ENGINE') === to.options.get('ENGINE')
      ? []
      : [
          {
            kind: 'engine',
            clause: null,
            what: `the engine differs (${from.options.get('ENGINE')} and ${to.options.get('ENGINE')})`,
          } as const,
        ]),
  ];
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
