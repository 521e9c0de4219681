import { createHash } from 'node:crypto';

/** Names of the tables that a copy makes, deterministic, so that whoever looks for them finds them. */

const MAX_CHARACTERS = 64;
const HASH_CHARACTERS = 8;

/** The table with the new definition, which rows are copied into. */
export function shadowName(table: string): string {
  return ownName(table, '_sterna_new');
}

/** The replaced table, after the swap. */
export function oldName(table: string): string {
  return ownName(table, '_sterna_old');
}

/** A name that would be too long is cut, and told from others with the same beginning by a hash of the whole. */
function ownName(table: string, suffix: string): string {
  const characters = Array.from(table);
  const room = MAX_CHARACTERS - 1 - suffix.length;
  if (characters.length <= room) return `_${table}${suffix}`;
  const hash = createHash('sha256').update(table).digest('hex').slice(0, HASH_CHARACTERS);
  return `_${characters.slice(0, room - HASH_CHARACTERS - 1).join('')}_${hash}${suffix}`;
}
