import type { SternaError } from '../contract/index.js';
import { serverMessage } from '../mysql/index.js';
import { scanSql } from './sql-scanner.js';

/** What the server says of a statement, and the offset in it to which that points. */
export interface Refusal {
  readonly offset: number;
  readonly said: string;
}

/** Without the server's line, which counts from where the statement begins, and not the file. */
export function refusalOf(error: SternaError, sql: string): Refusal {
  return {
    offset: refusedAt(sql, serverMessage(error) ?? ''),
    said: error.message.replace(/ \(while [^]*$/, '').replace(/ at line \d+$/, ''),
  };
}

/** A syntax error quotes the text from where it is; other errors name what they are about. Else the whole statement is meant. */
function refusedAt(sql: string, message: string): number {
  const [, near, line] = /near '([^]*)' at line (\d+)$/.exec(message) ?? [];
  if (near !== undefined) return sql.endsWith(near) ? sql.length - near.length : bestMatch(sql, near, Number(line));
  const name = (/(?<!\w)'([^']+)'/.exec(message) ??
    /^Duplicate partition name (.+)$/.exec(message))?.[1]?.toLowerCase();
  const { tokens } = scanSql(sql);
  const open = tokens.findIndex(({ kind, value }) => kind === 'symbol' && value === '(');
  const mentions = tokens.slice(Math.max(open, 0)).filter(({ value }) => value.toLowerCase() === name);
  const mention = (message.startsWith('Duplicate ') ? mentions[1] : undefined) ?? mentions[0];
  return (mention ?? tokens[0])?.offset ?? 0;
}

/** In a line, the place whose text goes on longest as the server quotes it: long texts are cut there. */
function bestMatch(sql: string, near: string, line: number): number {
  const start = lineStart(sql, line);
  const end = sql.indexOf('\n', start);
  let [best, longest] = [start, 0];
  for (let at = start; at < (end < 0 ? sql.length : end); at += 1) {
    let length = 0;
    while (length < near.length && near[length] === sql[at + length]) length += 1;
    if (length > longest) [best, longest] = [at, length];
  }
  return best;
}

function lineStart(sql: string, line: number): number {
  let at = 0;
  for (let n = 1; n < line; n += 1) at = sql.indexOf('\n', at) + 1;
  return at;
}
