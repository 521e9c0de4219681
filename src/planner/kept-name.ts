import { plannedDroppedName } from '../contract/index.js';
import type { LiveTable } from './live-tables.js';
import { parseDefinition } from './table-definition.js';

/** The name under which a dropped table is kept, or why it cannot be. */
export function keptName(live: LiveTable): { readonly name: string } | { readonly reason: string } {
  const { foreignKeys, checks } = parseDefinition(live.canonical);
  if (foreignKeys.length > 0) return { reason: 'its foreign keys would hold the rows that they point to' };
  if (checks.length > 0) return { reason: 'the names of its CHECK constraints would stay taken' };
  const name = plannedDroppedName(live.name);
  return name === null ? { reason: 'its name is too long for it to be kept under another one' } : { name };
}
