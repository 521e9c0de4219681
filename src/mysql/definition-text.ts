/** What quotes hold in a definition as the server writes it: a name, or a literal, which both may hold anything. */
const QUOTED = /`(?:[^`]|``)*`|'(?:[^'\\]|''|\\.)*'/gs;

/** What is left are the server's own words, with empty quotes between them. */
export function withoutQuoted(text: string): string {
  return text.replace(QUOTED, (quoted) => (quoted.startsWith('`') ? '``' : "''"));
}

/** The names that it looks at, in quotes. */
export function quotedNames(text: string): string[] {
  return (text.match(QUOTED) ?? []).filter((quoted) => quoted.startsWith('`'));
}
