import { readFile } from 'node:fs/promises';
import { parse, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { SternaError } from '../contract/index.js';

/** The shape of an inventory file. Strict: a field that is not known is a mistake, not a comment. */

const words = z.record(z.string(), z.string());
const place = z.strictObject({
  /** YAML or JSON document with the address, e.g. written by another tool. */
  config: z.string(),
  /** Where in the document, e.g. `db.writer.host`. */
  host: z.string(),
  port: z.string().optional(),
  user: z.string(),
  /** Secret reference: `env:NAME` or `file:/path`. */
  password: z.string(),
  tls: z.enum(['disabled', 'preferred', 'required', 'verify-ca', 'verify-identity']).optional(),
});

/** How to reach one server. */
const server = {
  /** A DSN, or a secret reference to one. */
  dsn: z.string().optional(),
  dsn_from: place.optional(),
  /** PEM file of the authority that signed the server's certificate. */
  tls_ca: z.string().optional(),
};
const isOne = (given: { readonly dsn?: unknown; readonly dsn_from?: unknown }): boolean =>
  (given.dsn === undefined) !== (given.dsn_from === undefined);
const EXACTLY_ONE = { message: 'expected exactly one of dsn and dsn_from' };

const limit = z.number().positive().optional();

const entry = z
  .strictObject({
    /** Only `mysql` is served; an entry of another type is refused when it is asked for. */
    type: z.string().min(1).default('mysql'),
    environment: z.string().min(1),
    ...server,
    /** Copying holds while one of them lags behind. */
    replicas: z.array(z.strictObject(server).refine(isOne, EXACTLY_ONE)).default([]),
    /** Limits of load, at which copying and comparing hold. */
    throttle: z
      .strictObject({
        threads_running: limit,
        commit_latency_ms: limit,
        history_list_length: limit,
        replica_lag_seconds: limit,
      })
      .default({}),
    labels: words.default({}),
    metadata: words.default({}),
    schema_overrides: words.optional(),
    require_writer: z.boolean().default(false),
    /** The DSN may name a database, which then is only a label. */
    allow_database: z.boolean().default(false),
  })
  .refine(isOne, EXACTLY_ONE);

const inventory = z.strictObject({
  /** Allows plain passwords in this file. */
  development: z.boolean().default(false),
  /** Key -> entry, or a list of entries where one key exists in several environments. */
  targets: z.record(z.string().min(1), z.union([entry, z.array(entry)])),
});

type InventoryEntry = z.infer<typeof entry>;
/** The part of an entry that says how a server is reached. */
export type ServerEntry = Pick<InventoryEntry, keyof typeof server>;
export interface InventoryFile {
  readonly development: boolean;
  readonly entries: readonly (InventoryEntry & { readonly target: string })[];
}

/** All mistakes at once, each with the path of its field. */
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
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    const at = error instanceof YAMLParseError ? error.linePos?.[0] : undefined;
    throw new SternaError(
      'config_invalid',
      `${path}${at ? `:${at.line}:${at.col}` : ''}: expected YAML. Correct the syntax.`,
    );
  }
  const result = inventory.safeParse(document);
  if (!result.success) throw new SternaError('config_invalid', `${path}: ${describeIssues(result.error)}.`);
  const entries = Object.entries(result.data.targets).flatMap(([target, found]) =>
    (Array.isArray(found) ? found : [found]).map((each) => ({ ...each, target })),
  );
  if (entries.length === 0)
    throw new SternaError('config_invalid', `${path}: targets: expected at least one target, found none.`);
  const seen = new Set<string>();
  for (const { target, environment } of entries) {
    const key = JSON.stringify([environment, target]);
    if (seen.has(key))
      throw new SternaError(
        'config_invalid',
        `${path}: targets.${target}: expected one entry for environment ${environment}, found two.`,
      );
    seen.add(key);
  }
  return { development: result.data.development, entries };
}

/** Paths and expectations; zod's messages never hold the value itself. */
export function describeIssues(error: z.ZodError): string {
  const flat = (issues: readonly z.core.$ZodIssue[], prefix: PropertyKey[]): string[] =>
    issues.flatMap((issue) => {
      const path = [...prefix, ...issue.path];
      if (issue.code === 'invalid_union' && issue.errors[0]) return flat(issue.errors[0], path);
      return [`${path.map(String).join('.') || 'the document'}: ${issue.message}`];
    });
  return flat(error.issues, []).join('; ');
}
