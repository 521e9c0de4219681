import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { SternaError } from '../contract/index.js';
import { describeIssues, entryShape, oneOf, type TargetEntry } from './entry.js';
import { mistakesInSql, PARAMETERS } from './inventory-sql.js';
import { parseYaml, YamlMistake } from './parse-yaml.js';

/** The shape of an inventory file: one key says where the targets are kept. Strict, as an entry is. */

const seconds = z.number().positive().max(300);
const sql = z.string().superRefine((text, context) => {
  for (const message of mistakesInSql(text)) context.addIssue({ code: 'custom', message });
});

const mysql = z
  .strictObject({
    dsn: z.string().min(1).describe('A DSN without a database, or a secret reference to one.'),
    tls_ca: z.string().min(1).optional().describe("PEM file of the authority that signed the server's certificate."),
    resolve: sql
      .refine((text) => /:target\b/.test(text), { message: `expected :target in it, and ${PARAMETERS}` })
      .describe('Gives the rows of a target; `:target`, `:environment` and `:type` stand for what is asked.'),
    list: sql
      .optional()
      .describe(
        'Gives `target`, `environment`, `type` and `labels` of all targets. @default the inventory cannot list',
      ),
    timeout_seconds: seconds.default(10).describe('For one question, with its connection. @default 10'),
  })
  .meta({ id: 'mysql' });

const http = z
  .strictObject({
    url: z
      .string()
      .superRefine((text, context) => {
        const message = mistakeInUrl(text);
        if (message !== undefined) context.addIssue({ code: 'custom', message });
      })
      .describe('`/targets` and `/targets/{target}` are asked for behind it.'),
    auth: z
      .strictObject({
        header: z
          .string()
          .regex(/^[A-Za-z0-9-]+$/, 'expected the name of a header')
          .default('Authorization'),
        scheme: z
          .string()
          .regex(/^[A-Za-z0-9-]+$/, 'expected a word such as Bearer')
          .optional()
          .describe('Stands before the value, e.g. `Bearer`.'),
        value: z.string().min(1).describe('Secret reference.'),
      })
      .optional()
      .describe('Header that every request brings.'),
    timeout_seconds: seconds.default(10).describe('For one attempt. @default 10'),
  })
  .meta({ id: 'http' });

const targets = z.record(z.string().min(1), z.union([entryShape, z.array(entryShape)]));

const nestable = {
  development: z.boolean().default(false).describe('Allows plain passwords.'),
  targets: targets
    .optional()
    .describe('Key -> entry, or a list of entries where one key exists in several environments.'),
  mysql: mysql.optional(),
  http: http.optional(),
  module: z.string().min(1).optional().describe('JavaScript module that finds targets.'),
};
const NESTED_KINDS = ['targets', 'mysql', 'http', 'module'] as const;
const KINDS = [...NESTED_KINDS, 'by_type'] as const;

function onlyOneOf(kinds: readonly string[]): { check: (given: object) => boolean; message: string } {
  return {
    check: (given) => kinds.filter((kind) => (given as Record<string, unknown>)[kind] !== undefined).length === 1,
    message: `expected exactly one of ${kinds.join(', ')}`,
  };
}
const oneNested = onlyOneOf(NESTED_KINDS);
const one = onlyOneOf(KINDS);

const nestedShape = z
  .strictObject(nestable)
  .refine(oneNested.check, { message: oneNested.message })
  .superRefine(sendsSecretsSafely)
  .meta(oneOf(NESTED_KINDS));

export const inventoryShape = z
  .strictObject({
    ...nestable,
    by_type: z
      .record(z.string().min(1), z.union([nestedShape, z.string().min(1)]))
      .optional()
      .describe('Type -> inventory file, or what would stand in one.'),
  })
  .refine(one.check, { message: one.message })
  .superRefine(sendsSecretsSafely)
  .meta(oneOf(KINDS));

export type MysqlDefinition = z.infer<typeof mysql>;
export type HttpDefinition = z.infer<typeof http>;
type Shape = z.infer<typeof inventoryShape>;

/** What an inventory file says, with one way to keep targets. */
export type InventoryDefinition = { readonly development: boolean } & (
  | { readonly kind: 'targets'; readonly entries: readonly TargetEntry[] }
  | { readonly kind: 'mysql'; readonly mysql: MysqlDefinition }
  | { readonly kind: 'http'; readonly http: HttpDefinition }
  | { readonly kind: 'module'; readonly module: string }
  | { readonly kind: 'by_type'; readonly types: ReadonlyMap<string, InventoryDefinition | string> }
);

/** An inventory file as it was read, with every mistake in its shape. */
export interface InventoryFile {
  readonly path: string;
  readonly document: unknown;
  /** Absent where there are mistakes. */
  readonly definition: InventoryDefinition | undefined;
  /** Each with the path of its field. */
  readonly mistakes: readonly string[];
}

/** Throws where there is no document. */
export async function readInventoryFile(path: string): Promise<InventoryFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new SternaError(
      'inventory_unavailable',
      `Expected a readable inventory at ${path}: ${(error as NodeJS.ErrnoException).code ?? 'error'}.`,
      { cause: error },
    );
  }
  return parseInventory(text, path);
}

export function parseInventory(text: string, path: string): InventoryFile {
  const document = parseDocument(text, path);
  const result = inventoryShape.safeParse(document);
  if (!result.success) return { path, document, definition: undefined, mistakes: [describeIssues(result.error)] };
  const mistakes: string[] = [];
  const definition = definitionOf(result.data, '', mistakes);
  return { path, document, definition: mistakes.length > 0 ? undefined : definition, mistakes };
}

function parseDocument(text: string, path: string): unknown {
  try {
    return parseYaml(text);
  } catch (error) {
    if (!(error instanceof YamlMistake)) throw error;
    throw new SternaError(
      'config_invalid',
      `${path}:${error.line}:${error.column}: expected ${error.expected}. Correct it.`,
    );
  }
}

function definitionOf(shape: Shape, where: string, mistakes: string[]): InventoryDefinition {
  const { development } = shape;
  if (shape.mysql !== undefined) return { development, kind: 'mysql', mysql: shape.mysql };
  if (shape.http !== undefined) return { development, kind: 'http', http: shape.http };
  if (shape.module !== undefined) return { development, kind: 'module', module: shape.module };
  if (shape.by_type === undefined)
    return { development, kind: 'targets', entries: entriesOf(shape.targets, where, mistakes) };
  const types = Object.entries(shape.by_type).map(
    ([type, nested]) =>
      [type, typeof nested === 'string' ? nested : definitionOf(nested, `by_type.${type}.`, mistakes)] as const,
  );
  if (types.length === 0) mistakes.push('by_type: expected at least one type, found none');
  return { development, kind: 'by_type', types: new Map(types) };
}

function entriesOf(found: Shape['targets'], where: string, mistakes: string[]): TargetEntry[] {
  const entries = Object.entries(found ?? {}).flatMap(([target, entry]) =>
    (Array.isArray(entry) ? entry : [entry]).map((each) => ({ ...each, target })),
  );
  if (entries.length === 0) mistakes.push(`${where}targets: expected at least one target, found none`);
  const seen = new Set<string>();
  for (const { target, environment } of entries) {
    const key = JSON.stringify([environment, target]);
    if (seen.has(key))
      mistakes.push(`${where}targets.${target}: expected one entry for environment ${environment}, found two`);
    seen.add(key);
  }
  return entries;
}

function mistakeInUrl(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol))
    return 'expected http:// or https:// and a host';
  if (url.username !== '' || url.password !== '') return 'expected no user and no password in it; use auth';
  if (url.search !== '' || url.hash !== '') return 'expected nothing behind the path';
  return undefined;
}

/** A secret does not cross a network in the clear. */
function sendsSecretsSafely(
  { http: given, development }: { http?: HttpDefinition | undefined; development: boolean },
  context: z.core.$RefinementCtx,
): void {
  if (given?.auth === undefined || development || !URL.canParse(given.url)) return;
  const { protocol, hostname } = new URL(given.url);
  if (protocol === 'https:' || /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)) return;
  context.addIssue({
    code: 'custom',
    path: ['http', 'url'],
    message: 'expected https:// where auth is sent to another host',
  });
}
