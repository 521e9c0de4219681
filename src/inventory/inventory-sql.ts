import { DEFAULT_TARGET_TYPE } from '../contract/index.js';
import type { TargetRequest } from './resolver.js';

export const PARAMETERS = 'at will :environment and :type';

/** Texts, names and comments, in which nothing is a parameter; and what looks like one. */
const TOKEN =
  /'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`[^`]*`|--[^\n]*|#[^\n]*|\/\*[\s\S]*?\*\/|(\?)|:([a-z_][a-z0-9_]*)/gi;

const VALUES: Readonly<Record<string, (request: TargetRequest) => string | null>> = {
  target: ({ target }) => target,
  environment: ({ environment }) => environment ?? null,
  type: ({ type }) => type ?? DEFAULT_TARGET_TYPE,
};

/** What cannot be sent, told when the file is read. */
export function mistakesInSql(text: string): string[] {
  const parameters = [...text.matchAll(TOKEN)].flatMap(([, mark, name]) => mark ?? name ?? []);
  const other = parameters.filter((name) => !Object.hasOwn(VALUES, name));
  return [
    ...(other.length === 0
      ? []
      : [`expected no parameters but :target, :environment and :type, found ${other.map(shown).join(', ')}`]),
    // The driver takes every one for a parameter.
    ...(text.includes('?') && !other.includes('?') ? ['expected no question mark, in texts and comments neither'] : []),
  ];
}

/** The statement with the driver's placeholders, and their values in order. */
export function bindRequest(text: string, request: TargetRequest): { sql: string; values: (string | null)[] } {
  const values: (string | null)[] = [];
  const sql = text.replace(TOKEN, (whole, _mark: string | undefined, name: string | undefined) => {
    const value = name === undefined ? undefined : VALUES[name];
    if (value === undefined) return whole;
    values.push(value(request));
    return '?';
  });
  return { sql, values };
}

function shown(name: string): string {
  return name === '?' ? '?' : `:${name}`;
}
