/** A word, a quoted name, a text or a symbol of an SQL text, with its place. Not a grammar: the server parses. */
export interface SqlToken {
  readonly kind: 'word' | 'name' | 'text' | 'symbol' | 'executable-comment';
  /** As written; a quoted name without its quotes. */
  readonly value: string;
  readonly offset: number;
}

export interface Place {
  readonly line: number;
  readonly column: number;
}

/**
 * Splits SQL into tokens, leaving out comments and white space. Stops with `unterminated` at an open quote. What stands
 * in an executable comment is SQL like the rest, behind a token with the comment's head.
 */
export function scanSql(sql: string): { readonly tokens: readonly SqlToken[]; readonly unterminated?: number } {
  const tokens: SqlToken[] = [];
  let at = 0;
  let executable: number | undefined;
  while (at < sql.length) {
    const rest = sql.slice(at, at + 3);
    const c = sql[at] ?? '';
    if (/\s/.test(c)) at += 1;
    else if (c === '#' || /^--(\s|$)/.test(rest)) at = endOf(sql, '\n', at);
    else if (executable !== undefined && rest.startsWith('*/')) {
      executable = undefined;
      at += 2;
    } else if (rest.startsWith('/*')) {
      const head = /^\/\*(?:[!+]|M!)\d*/.exec(sql.slice(at, at + 12))?.[0];
      if (head !== undefined) {
        tokens.push({ kind: 'executable-comment', value: head, offset: at });
        executable ??= at;
        at += head.length;
        continue;
      }
      const end = sql.indexOf('*/', at + 2);
      if (end < 0) return { tokens, unterminated: at };
      at = end + 2;
    } else if (c === '`' || c === "'" || c === '"') {
      const end = endOfQuote(sql, at);
      if (end < 0) return { tokens, unterminated: at };
      const value = sql.slice(at + 1, end - 1);
      tokens.push(
        c === '`'
          ? { kind: 'name', value: value.replaceAll('``', '`'), offset: at }
          : { kind: 'text', value, offset: at },
      );
      at = end;
    } else {
      const word = /^[\p{L}\p{N}_$@]+/u.exec(sql.slice(at, at + 300))?.[0];
      tokens.push(
        word === undefined ? { kind: 'symbol', value: c, offset: at } : { kind: 'word', value: word, offset: at },
      );
      at += word?.length ?? 1;
    }
  }
  return executable === undefined ? { tokens } : { tokens, unterminated: executable };
}

export function placeOf(sql: string, offset: number): Place {
  const before = sql.slice(0, offset);
  const line = before.split('\n').length;
  return { line, column: offset - before.lastIndexOf('\n') };
}

function endOf(sql: string, mark: string, from: number): number {
  const end = sql.indexOf(mark, from);
  return end < 0 ? sql.length : end + mark.length;
}

/** Behind the closing quote, or -1. A doubled quote stands for one; a backslash escapes in texts. */
function endOfQuote(sql: string, from: number): number {
  const quote = sql[from];
  for (let at = from + 1; at < sql.length; at += 1) {
    if (sql[at] === '\\' && quote !== '`') at += 1;
    else if (sql[at] === quote) {
      if (sql[at + 1] !== quote) return at + 1;
      at += 1;
    }
  }
  return -1;
}
