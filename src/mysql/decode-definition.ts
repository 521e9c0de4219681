const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The text of a definition. Literals of other charsets are in the bytes of theirs, e.g. `_latin1'\xE9'`: where these are no
 * UTF-8, they are written as the number that means the same to the server, `_latin1 0xE9`.
 */
export function decodeDefinition(bytes: Buffer): string {
  const text = decoded(bytes);
  if (text !== undefined) return text;
  // One character a byte.
  const known = bytes
    .toString('latin1')
    .replace(/`(?:[^`]|``)*`|(_[a-z0-9]+)?'((?:[^'\\]|''|\\.)*)'/gs, (whole, introducer?: string, literal = '') => {
      if (introducer === undefined || decoded(Buffer.from(literal as string, 'latin1')) !== undefined) return whole;
      return `${introducer} 0x${unescaped(literal as string)
        .toString('hex')
        .toUpperCase()}`;
    });
  return UTF8.decode(Buffer.from(known, 'latin1'));
}

function decoded(bytes: Buffer): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined; // not UTF-8
  }
}

const ESCAPED: Readonly<Record<string, string>> = { '0': '\0', n: '\n', r: '\r', Z: '\x1a' };

function unescaped(literal: string): Buffer {
  const text = literal.replace(/''|\\(.)/gs, (_, escaped?: string) =>
    escaped === undefined ? "'" : (ESCAPED[escaped] ?? escaped),
  );
  return Buffer.from(text, 'latin1');
}
