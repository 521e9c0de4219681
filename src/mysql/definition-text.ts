/** What quotes hold in a definition as the server writes it: a name, or a literal, which both may hold anything. */
const QUOTED = /`(?:[^`]|``)*`|'(?:[^'\\]|''|\\.)*'/gs;

/** What is left are the server's own words, with empty quotes between them. */
export function withoutQuoted(text: string): string {
  return text.replace(QUOTED, (quoted) => (quoted.startsWith('`') ? '``' : "''"));
}

/** The text without these words of the server's, wherever they stand. */
export function withoutWords(text: string, words: RegExp): string {
  return text.replace(new RegExp(`(${QUOTED.source})|${words.source}`, 'gs'), (_, quoted?: string) => quoted ?? '');
}

/** With other names in it; literals stay. `to` gets a name in quotes, and gives one. */
export function withNames(text: string, to: (quoted: string) => string): string {
  return text.replace(QUOTED, (quoted) => (quoted.startsWith('`') ? to(quoted) : quoted));
}

/** The names that it looks at, in quotes. */
export function quotedNames(text: string): string[] {
  return (text.match(QUOTED) ?? []).filter((quoted) => quoted.startsWith('`'));
}

/**
 * `CREATE TABLE` and each column, index and constraint as a line of its own, since names may hold line breaks; and what
 * stands behind them, from the line break before the closing parenthesis on; nothing does in a text of another form.
 */
export function splitDefinition(showCreate: string): { readonly lines: readonly string[]; readonly options: string } {
  const lines: string[] = [];
  let start = 0;
  for (const index of outsideQuotes(showCreate, /\n/)) {
    lines.push(showCreate.slice(start, index));
    if (showCreate[index + 1] === ')') return { lines, options: showCreate.slice(index) };
    start = index + 1;
  }
  return { lines: [...lines, showCreate.slice(start)], options: '' };
}

/** Where the first list in parentheses begins. */
export function listAt(item: string): number {
  return outsideQuotes(item, /\(/)[0] ?? item.length;
}

/** What stands between the parenthesis with which the text begins and the one that closes it, at each comma of its own. */
export function splitList(text: string): string[] {
  const parts: string[] = [];
  let [depth, start] = [0, 1];
  for (const index of outsideQuotes(text, /[(),]/)) {
    if (text[index] === '(') depth += 1;
    if (text[index] === ')') depth -= 1;
    if (depth > 1 || (depth === 1 && text[index] !== ',')) continue;
    parts.push(text.slice(start, index));
    if (depth === 0) break;
    start = index + 1;
  }
  return parts;
}

function outsideQuotes(text: string, pattern: RegExp): number[] {
  return [...text.matchAll(new RegExp(`${QUOTED.source}|${pattern.source}`, 'gs'))]
    .filter(({ 0: found }) => !/^[`']/.test(found))
    .map(({ index }) => index);
}
