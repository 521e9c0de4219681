import { isScalar, LineCounter, parseDocument, visit } from 'yaml';

/** Where a text is no YAML, or has a key twice. */
export class YamlMistake extends Error {
  constructor(
    readonly line: number,
    readonly column: number,
    /** What was expected. */
    readonly expected: string,
  ) {
    super(`${line}:${column}: expected ${expected}`);
  }
}

/**
 * Throws `YamlMistake`. A key that stands twice is looked for here: the parser compares every key of a map with every other,
 * which for ten thousand targets takes as long as all the rest.
 */
export function parseYaml(text: string): unknown {
  const lines = new LineCounter();
  const mistake = (offset: number, expected: string): YamlMistake => {
    const { line, col } = lines.linePos(offset);
    return new YamlMistake(line, col, expected);
  };
  const document = parseDocument(text, { uniqueKeys: false, lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error) throw mistake(error.pos[0], 'YAML');
  visit(document, {
    Map: (_, { items }) => {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        const name = String(key.value);
        // R2: what does not look like a key may be a value that went astray.
        const shown = /^[\w.-]+$/.test(name) ? ` ${name}` : '';
        if (seen.has(name)) throw mistake(key.range?.[0] ?? 0, `each key once in a map, found one${shown} again`);
        seen.add(name);
      }
    },
  });
  return document.toJS();
}
