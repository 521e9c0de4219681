import type { Stats } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { parse, YAMLParseError } from 'yaml';
import { z } from 'zod';
import {
  LINT_LEVELS,
  LINT_RULES,
  type LintLevels,
  type LintRule,
  MAX_FILE_BYTES,
  SternaError,
} from '../contract/index.js';

const settings = z.strictObject({
  target: z.string().min(1).optional(),
  environment: z.string().min(1).optional(),
  /** Only these folders are namespaces. */
  namespaces: z.array(z.string().min(1)).optional(),
  /** Globs of tables that are left alone. */
  ignore: z.array(z.string().min(1)).optional(),
  /** Rule -> level, as docs/lint.md has them. */
  lint: z.partialRecord(z.enum(Object.keys(LINT_RULES) as LintRule[]), z.enum(LINT_LEVELS)).optional(),
});

export interface SchemaFolder {
  readonly target?: string | undefined;
  readonly environment?: string | undefined;
  readonly ignore: readonly string[];
  readonly lint: LintLevels;
  readonly schema: Record<string, Record<string, string>>;
}

/** Reads `DIR/<namespace>/<table>.sql` and `DIR/sterna.yaml`. An empty folder is an error (P5). */
export async function readSchemaFolder(folder: string): Promise<SchemaFolder> {
  const {
    target,
    environment,
    namespaces,
    ignore = [],
    lint = {},
  } = await readSettings(path.join(folder, 'sterna.yaml'));
  const found: string[] = [];
  for (const name of await list(folder)) {
    if (namespaces?.includes(name) === false) continue;
    if ((await factsOf(path.join(folder, name))).isDirectory()) found.push(name);
  }
  for (const namespace of namespaces ?? []) {
    if (!found.includes(namespace))
      throw new SternaError(
        'schema_empty',
        `Expected a folder ${namespace} in ${folder}, as sterna.yaml says, found none.`,
      );
  }
  const schema: Record<string, Record<string, string>> = {};
  for (const namespace of (namespaces ?? found).toSorted()) {
    const files = (await list(path.join(folder, namespace))).filter((name) => /\.sql$/i.test(name));
    const texts: Record<string, string> = {};
    for (const name of files) texts[name] = await readSql(path.join(folder, namespace, name));
    if (files.length === 0)
      throw new SternaError(
        'schema_empty',
        `Expected .sql files in ${path.join(folder, namespace)}, found none. An empty folder never means "drop everything".`,
      );
    schema[namespace] = texts;
  }
  if (Object.keys(schema).length === 0)
    throw new SternaError('schema_empty', `Expected folders <namespace>/<table>.sql in ${folder}, found none.`);
  return { target, environment, ignore, lint, schema };
}

async function readSettings(file: string): Promise<z.infer<typeof settings>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return {};
    throw new SternaError('config_invalid', `${file}: expected a file that can be read: ${codeOf(error)}.`, {
      cause: error,
    });
  }
  const result = settings.safeParse(parseYaml(text, file) ?? {});
  if (result.success) return result.data;
  throw new SternaError(
    'config_invalid',
    `${file}: ${result.error.issues.map((issue) => `${issue.path.join('.') || 'the document'}: ${issue.message}`).join('; ')}.`,
  );
}

function parseYaml(text: string, file: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    const [{ line, col } = { line: 1, col: 1 }] = error.linePos ?? [];
    const [said = ''] = error.message.split(/ at line \d+|\n/);
    throw new SternaError('config_invalid', `${file}:${line}:${col}: expected YAML: ${said}.`, { cause: error });
  }
}

/** Names, in order. */
async function list(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    throw new SternaError('schema_empty', `Expected a readable folder at ${folder}: ${codeOf(error)}.`, {
      cause: error,
    });
  }
}

/** Of what a link leads to. What cannot be looked at is refused: left out, its table would be dropped (P5). */
async function factsOf(file: string): Promise<Stats> {
  try {
    return await stat(file);
  } catch (error) {
    throw unreadable(file, codeOf(error), error);
  }
}

async function readSql(file: string): Promise<string> {
  const facts = await factsOf(file);
  if (!facts.isFile()) throw unreadable(file, facts.isDirectory() ? 'it is a folder' : 'it is no file');
  if (facts.size > MAX_FILE_BYTES)
    throw new SternaError(
      'schema_too_large',
      `${file}: expected at most ${MAX_FILE_BYTES} bytes in a file, found ${facts.size}. Is it a dump? One CREATE TABLE belongs into each.`,
    );
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw unreadable(file, codeOf(error), error);
  }
  const text = bytes.toString('utf8');
  const again = Buffer.from(text);
  if (again.equals(bytes)) return text;
  const differs = bytes.findIndex((byte, i) => byte !== again[i]);
  const at = differs < 0 ? bytes.length - 1 : differs; // cut in the middle of a character
  const before = bytes.subarray(0, at).toString('utf8');
  const line = before.split('\n').length;
  const column = before.length - before.lastIndexOf('\n');
  const byte = bytes[at]?.toString(16).padStart(2, '0');
  throw new SternaError(
    'schema_file_invalid',
    `${file}:${line}:${column}: expected UTF-8, found the byte 0x${byte}. Save the file in UTF-8.`,
  );
}

function unreadable(file: string, why: string, cause?: unknown): SternaError {
  return new SternaError('schema_file_invalid', `${file}:1:1: expected a file that can be read: ${why}.`, { cause });
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'error';
}
