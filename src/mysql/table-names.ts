import { createHash } from 'node:crypto';
import { isTableName } from '../contract/index.js';

/** Names of the tables that a copy makes, deterministic, so that whoever looks for them finds them. */

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
  if (isTableName(`_${table}${suffix}`)) return `_${table}${suffix}`;
  const hash = createHash('sha256').update(table).digest('hex').slice(0, HASH_CHARACTERS);
  const kept = Array.from(table);
  while (!isTableName(`_${kept.join('')}_${hash}${suffix}`)) kept.pop();
  return `_${kept.join('')}_${hash}${suffix}`;
}
