import type { Difference } from './diff.js';
import type { TableDefinition } from './table-definition.js';

/** How an option is taken back that the desired definition does not have. */
const RESET: Readonly<Record<string, string>> = {
  AUTOEXTEND_SIZE: '0',
  COMMENT: "''",
  COMPRESSION: "''",
  CONNECTION: "''",
  ROW_FORMAT: 'DEFAULT',
  KEY_BLOCK_SIZE: '0',
  SECONDARY_ENGINE: 'NULL',
  SECONDARY_ENGINE_ATTRIBUTE: "''",
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

export function options(from: TableDefinition, to: TableDefinition): Difference[] {
  const names = [...new Set([...from.options.keys(), ...to.options.keys()])]
    .filter((name) => !['ENGINE', 'TABLESPACE', 'COLLATE', 'DEFAULT CHARSET'].includes(name))
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

export function partitioning(from: TableDefinition, to: TableDefinition): Difference[] {
  if (from.partitions === to.partitions) return [];
  if (to.partitions === '') return [{ kind: 'partitioning', clause: 'REMOVE PARTITIONING' }];
  const added = addedPartitions(from.partitions, to.partitions);
  return added === null
    ? [{ kind: 'partitioning', clause: to.partitions }]
    : [{ kind: 'add-partitions', clause: `ADD PARTITION (${added})`, whole: to.partitions }];
}

/** Partitions by range or list behind the last one, into which no row has to move; null when more than that differs. */
function addedPartitions(from: string, to: string): string | null {
  const END = ') */';
  const list = from.slice(0, -END.length);
  if (!/^\/\*!\d+ PARTITION BY (RANGE|LIST) /.test(from) || !from.endsWith(END) || !to.startsWith(`${list},`))
    return null;
  return to.slice(list.length + 1, -END.length).trim();
}
