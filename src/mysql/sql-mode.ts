/**
 * The server's own sql_mode, for sessions that define tables. Without NO_BACKSLASH_ESCAPES: the server itself escapes by
 * backslashes in what it shows, in any mode.
 */
export function definingMode(globalMode: string): string {
  return globalMode
    .split(',')
    .filter((mode) => mode !== 'NO_BACKSLASH_ESCAPES')
    .join(',');
}
