import { type NamedItem, parseDefinition } from './table-definition.js';

const NAME = '`((?:[^`]|``)+)`';
const REFERENCE = new RegExp(` REFERENCES (?:${NAME}\\.)?${NAME} \\(`);

/** The table that a foreign key points to; `schema` where it is another one. */
export function parentOf(key: NamedItem): { readonly schema: string | null; readonly table: string } {
  const [, schema, table = ''] = REFERENCE.exec(key.text) ?? [];
  return { schema: schema === undefined ? null : unquote(schema), table: unquote(table) };
}

/** Names of the tables of the same schema that the table points to, itself left out. */
export function parentsOf(table: string, canonical: string): string[] {
  if (!canonical.includes(' FOREIGN KEY ')) return [];
  const names = parseDefinition(canonical)
    .foreignKeys.map(parentOf)
    .flatMap(({ schema, table: name }) => (schema === null ? name : []));
  return [...new Set(names)].filter((name) => name !== table).sort();
}

/** Names with parents before their children; where they point to each other, by name. */
export function parentsFirst(names: readonly string[], parents: (name: string) => readonly string[]): string[] {
  const sorted: string[] = [];
  const seen = new Set<string>();
  const visit = (name: string): void => {
    if (seen.has(name) || !names.includes(name)) return;
    seen.add(name);
    for (const parent of parents(name)) visit(parent);
    sorted.push(name);
  };
  for (const name of [...names].sort()) visit(name);
  return sorted;
}

function unquote(name: string): string {
  return name.replaceAll('``', '`');
}
