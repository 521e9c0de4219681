import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { LINT_LEVELS, LINT_RULES, type LintLevels, type LintRule, SternaError } from '../contract/index.js';

const MAX_FILE_BYTES = 1024 * 1024;

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
  const found = (await list(folder)).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  for (const namespace of namespaces ?? []) {
    if (!found.includes(namespace))
      throw new SternaError(
        'schema_empty',
        `Expected a folder ${namespace} in ${folder}, as sterna.yaml says, found none.`,
      );
  }
  const schema: Record<string, Record<string, string>> = {};
  for (const namespace of (namespaces ?? found).toSorted()) {
    const files = (await list(path.join(folder, namespace))).filter(
      (entry) => entry.isFile() && entry.name.endsWith('.sql'),
    );
    const texts: Record<string, string> = {};
    for (const { name } of files.toSorted((a, b) => (a.name < b.name ? -1 : 1)))
      texts[name] = await readSql(path.join(folder, namespace, name));
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
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
  const result = settings.safeParse(parse(text) ?? {});
  if (result.success) return result.data;
  throw new SternaError(
    'config_invalid',
    `${file}: ${result.error.issues.map((issue) => `${issue.path.join('.') || 'the document'}: ${issue.message}`).join('; ')}.`,
  );
}

async function list(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    throw new SternaError(
      'schema_empty',
      `Expected a readable folder at ${folder}: ${(error as NodeJS.ErrnoException).code ?? 'error'}.`,
      { cause: error },
    );
  }
}

async function readSql(file: string): Promise<string> {
  const { size } = await stat(file);
  if (size > MAX_FILE_BYTES)
    throw new SternaError('schema_too_large', `Expected at most ${MAX_FILE_BYTES} bytes in ${file}, found ${size}.`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
  } catch (error) {
    throw new SternaError('schema_file_invalid', `${file}:1:1: expected UTF-8 text that can be read.`, {
      cause: error,
    });
  }
}
