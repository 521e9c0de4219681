/** The next AUTO_INCREMENT value as `SHOW CREATE TABLE` has it; undefined where none was given out yet. */
export function nextId(showCreate: string | null): bigint | undefined {
  if (showCreate === null) return undefined;
  const found = / AUTO_INCREMENT=(\d+)/.exec(showCreate.slice(showCreate.lastIndexOf('\n)')));
  return found?.[1] === undefined ? undefined : BigInt(found[1]);
}

/** The counter that an ALTER TABLE asks for, and nothing else; undefined for any other statement. */
export function askedCounter(statement: string): bigint | undefined {
  const found = /^ALTER TABLE `(?:[^`]|``)+` AUTO_INCREMENT\s*=?\s*(\d+)(?:, ALGORITHM=INPLACE, LOCK=NONE)?$/i.exec(
    statement.trim(),
  );
  return found?.[1] === undefined ? undefined : BigInt(found[1]);
}
