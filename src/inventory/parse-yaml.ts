import { loadAll, YAMLException } from 'js-yaml';

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

/** Throws `YamlMistake`, which quotes nothing of the text (R2). Files of ten thousand targets are why it is this parser. */
export function parseYaml(text: string): unknown {
  try {
    const [document, ...more] = loadAll(text);
    if (more.length > 0) throw new YamlMistake(1, 1, 'one YAML document');
    return document;
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const isTwice = error.reason === 'duplicated mapping key';
    const { line = 0, column = 0 } = error.mark ?? {};
    throw new YamlMistake(line + 1, column + 1, isTwice ? 'each key once in a map, found one again' : 'YAML');
  }
}
