import { plannedDroppedName } from '../contract/index.js';
import type { LiveTable } from './live-tables.js';

/** The name under which a dropped table is kept, or why it cannot be. */
export function keptName(live: LiveTable): { readonly name: string } | { readonly reason: string } {
  const has = (constraint: string): boolean =>
    live.canonical.split('\n').some((line) => line.startsWith('  CONSTRAINT') && line.includes(`\` ${constraint} (`));
  if (has('FOREIGN KEY')) return { reason: 'its foreign keys would hold the rows that they point to' };
  if (has('CHECK')) return { reason: 'the names of its CHECK constraints would stay taken' };
  const name = plannedDroppedName(live.name);
  return name === null ? { reason: 'its name is too long for it to be kept under another one' } : { name };
}
