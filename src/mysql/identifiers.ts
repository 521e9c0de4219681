/** The only way an identifier enters SQL text. */
export function quoteName(name: string): string {
  if (name.length === 0 || name.includes('\0')) {
    throw new TypeError(`Expected an identifier, got ${JSON.stringify(name)}.`);
  }
  return `\`${name.replaceAll('`', '``')}\``;
}

/** `` `namespace`.`table` `` */
export function quoteTable(namespace: string, table: string): string {
  return `${quoteName(namespace)}.${quoteName(table)}`;
}
