import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { type ErrorCode, ERRORS, SternaError, DEFAULT_TARGET_TYPE, TARGET_TYPES } from '../contract/index.js';
import type { EntryContext } from './connection.js';
import { describeIssues } from './entry.js';
import { parseEntry, parseSummaries, sortedSummaries } from './entry-inventory.js';
import { hashOf, resolveEntry, selectEntry } from './resolve-entry.js';
import type { InventoryResolver, ResolvedTarget, TargetRequest, TargetSummary } from './resolver.js';
import { readSecret, registerSecretScheme } from './secrets.js';
import { within } from './within.js';

/** What the function that a module exports is given: what the other backends are made of. */
export interface InventoryModuleTools {
  readonly env: NodeJS.ProcessEnv;
  /** Folder of the inventory file. */
  readonly folder: string;
  /** From an entry as it stands in an inventory file, under the same rules. */
  resolveEntry(target: string, entry: object): Promise<ResolvedTarget>;
  readSecret(reference: string, where: string): Promise<string>;
  readonly registerSecretScheme: typeof registerSecretScheme;
}

/** The default export of an inventory module: a resolver, or what makes one. */
export type InventoryModule =
  InventoryResolver | ((tools: InventoryModuleTools) => InventoryResolver | Promise<InventoryResolver>);

/** Loads a module, once for each process, and checks whatever it answers. */
export async function openModule(file: string, context: EntryContext): Promise<InventoryResolver> {
  const tools: InventoryModuleTools = {
    env: context.env,
    folder: context.folder,
    resolveEntry: async (target, entry) => {
      const where = `the module's entry of ${target}`;
      const parsed = { ...parseEntry(entry, where), target };
      return resolveEntry(selectEntry([parsed], { target, environment: parsed.environment }), where, context);
    },
    readSecret: (reference, where) => readSecret(reference, where, context.env),
    registerSecretScheme,
  };
  let found: unknown;
  try {
    found = await within('The inventory module', made(file, tools));
  } catch (error) {
    if (isOurs(error)) throw ours(error);
    throw new SternaError('config_invalid', `module: expected a module that loads at ${file}, got ${nameOf(error)}.`, {
      cause: error,
    });
  }
  const { resolve, list } = (found ?? {}) as { resolve?: unknown; list?: unknown };
  if (typeof resolve !== 'function' || (list !== undefined && typeof list !== 'function'))
    throw new SternaError(
      'config_invalid',
      `module: expected ${file} to export by default an InventoryResolver (resolve, and at will list), or a function that returns one.`,
    );
  return new CheckedResolver(found as InventoryResolver);
}

async function made(file: string, tools: InventoryModuleTools): Promise<unknown> {
  const exported = ((await import(pathToFileURL(file).href)) as { default?: unknown }).default;
  return typeof exported === 'function' ? (exported as (given: typeof tools) => unknown)(tools) : exported;
}

const text = z.string().min(1);
const words = z.record(z.string(), z.string());
const limit = z.number().positive().optional();
/** Strict: a connection that names a database has a field too many (R3). */
const connection = z.strictObject({
  host: text,
  port: z.int().min(1).max(65_535),
  user: text,
  password: z.custom<() => Promise<string>>((found) => typeof found === 'function', 'expected a function'),
  tls: z.strictObject({
    mode: z.enum(['disabled', 'preferred', 'required', 'verify-ca', 'verify-identity']),
    ca: z.string().optional(),
  }),
});
const resolvedShape = z.strictObject({
  target: text,
  environment: text,
  type: z.enum(TARGET_TYPES),
  connection,
  labels: words,
  metadata: words,
  schemaOverrides: words.optional(),
  replicas: z.array(connection).optional(),
  workspace: connection.optional(),
  limits: z
    .strictObject({
      threadsRunning: limit,
      commitMs: limit,
      historyListLength: limit,
      replicaLagSeconds: limit,
      copies: z.int().positive().optional(),
    })
    .optional(),
  requireWriter: z.boolean(),
  connectionHash: z.string().optional(),
});

class CheckedResolver implements InventoryResolver {
  readonly list: InventoryResolver['list'];

  constructor(private readonly resolver: InventoryResolver) {
    if (resolver.list !== undefined) this.list = (signal) => this.#list(signal);
  }

  async resolve(request: TargetRequest, signal?: AbortSignal): Promise<ResolvedTarget> {
    const { target, type = DEFAULT_TARGET_TYPE, environment } = request;
    const found: unknown = await this.#ask(() => this.resolver.resolve({ ...request, type }, signal), signal);
    const result = resolvedShape.safeParse(found);
    const where = `the module's answer for ${target}`;
    if (!result.success) throw new SternaError('config_invalid', `${where}: ${describeIssues(result.error)}.`);
    const answer = result.data as Omit<ResolvedTarget, 'connectionHash'>;
    if (answer.target !== target || (environment !== undefined && answer.environment !== environment))
      throw new SternaError(
        'config_invalid',
        `${where}: expected the target and environment that was asked for, found another.`,
      );
    // Its own hash may forget something; a client would then live on after a change (K2).
    return { ...answer, connectionHash: await this.#ask(() => hashOf(answer), signal) };
  }

  async #list(signal?: AbortSignal): Promise<TargetSummary[]> {
    const found: unknown = await this.#ask(() => this.resolver.list?.(signal) ?? Promise.resolve([]), signal);
    if (!Array.isArray(found))
      throw new SternaError('inventory_unavailable', "The module's list: expected an array, got something else.");
    return sortedSummaries(parseSummaries(found, "the module's list"));
  }

  async #ask<T>(question: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    signal?.throwIfAborted();
    try {
      return await within('The inventory module', question(), signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (isOurs(error)) throw ours(error);
      // R2: nobody knows what its message holds. R5: nothing is known of the target.
      throw new SternaError(
        'inventory_unavailable',
        `The inventory module failed: ${nameOf(error)}. Throw a SternaError to say why.`,
        { cause: error },
      );
    }
  }
}

/** Its message may hold anything (R2). */
function nameOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return (
    ([code, name].find((word) => typeof word === 'string' && /^\w+$/.test(word)) as string | undefined) ?? 'an error'
  );
}

/** A module has Sterna's classes from its own copy of the package. */
function isOurs(error: unknown): error is { readonly code: ErrorCode; readonly message: string } {
  const { name, code, message } = (error ?? {}) as Record<string, unknown>;
  return (
    name === 'SternaError' && typeof code === 'string' && Object.hasOwn(ERRORS, code) && typeof message === 'string'
  );
}

function ours(error: { readonly code: ErrorCode; readonly message: string }): SternaError {
  return error instanceof SternaError ? error : new SternaError(error.code, error.message);
}
