import { splitDefinition } from './definition-text.js';

/** Behind the engine; what looks like it in a comment is none. */
const COUNTER = /^(\n\) (?:\/\*!\d+ (?:`(?:[^`]|``)*`|[^`*])+\*\/ )*ENGINE=\w+) AUTO_INCREMENT=(\d+)/;

/** A definition without its counter, which moves with every row. */
export function withoutCounter(showCreate: string): string {
  const { lines, options } = splitDefinition(showCreate);
  return lines.join('\n') + options.replace(COUNTER, '$1');
}

/** The next AUTO_INCREMENT value as `SHOW CREATE TABLE` has it; undefined where none was given out yet. */
export function nextId(showCreate: string | null): bigint | undefined {
  if (showCreate === null) return undefined;
  const found = COUNTER.exec(splitDefinition(showCreate).options);
  return found?.[2] === undefined ? undefined : BigInt(found[2]);
}

/** The counter that an ALTER TABLE asks for, and nothing else; undefined for any other statement. */
export function askedCounter(statement: string): bigint | undefined {
  const found = /^ALTER TABLE `(?:[^`]|``)+` AUTO_INCREMENT\s*=?\s*(\d+)(?:, ALGORITHM=INPLACE, LOCK=NONE)?$/i.exec(
    statement.trim(),
  );
  return found?.[1] === undefined ? undefined : BigInt(found[1]);
}
