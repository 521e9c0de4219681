import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { SternaError } from '../contract/index.js';
import type { ConnectionConfig } from '../mysql/index.js';
import { mistakesByRules, mistakesInDsn, parseDsn } from './dsn.js';
import type { ServerEntry } from './entry.js';
import { isSecretReference, readSecret } from './secrets.js';

/** What the entries of one inventory have in common. */
export interface EntryContext {
  /** Paths in entries are relative to it. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  /** Entries may hold plain passwords. */
  readonly development: boolean;
}

/** Fresh at every call, so that a rotated secret or a moved server counts at once. */
export async function connectionOf(
  entry: ServerEntry,
  where: string,
  context: EntryContext,
  allowDatabase = false,
): Promise<ConnectionConfig> {
  const ca =
    entry.tls_ca === undefined
      ? {}
      : { ca: await readDocument(path.resolve(context.folder, entry.tls_ca), `${where}.tls_ca`) };
  if (entry.dsn_from !== undefined) return ofDocument(entry.dsn_from, `${where}.dsn_from`, ca, context);
  if (entry.address !== undefined) {
    const { host, port, user, tls } = entry.address;
    const password = await readSecret(entry.address.password, `${where}.password`, context.env);
    return { host, port, user, password: () => Promise.resolve(password), tls: { mode: tls, ...ca } };
  }
  return ofDsn(entry.dsn ?? '', `${where}.dsn`, ca, context, allowDatabase);
}

async function ofDsn(
  text: string,
  where: string,
  ca: { ca?: string },
  { env, development }: EntryContext,
  allowDatabase: boolean,
): Promise<ConnectionConfig> {
  const isReference = isSecretReference(text);
  if (!isReference) refuse(mistakesInDsn(text, { development, allowDatabase }), where);
  const dsn = parseDsn(isReference ? await readSecret(text, where, env) : text, where);
  refuse(mistakesByRules(dsn, { allowDatabase }), where);
  return {
    host: dsn.host,
    port: dsn.port,
    user: dsn.user,
    password: () => Promise.resolve(dsn.password),
    tls: { mode: dsn.tls, ...ca },
  };
}

function refuse(mistakes: readonly string[], where: string): void {
  if (mistakes.length > 0) throw new SternaError('config_invalid', `${where}: ${mistakes.join('; ')}.`);
}

async function ofDocument(
  from: NonNullable<ServerEntry['dsn_from']>,
  where: string,
  ca: { ca?: string },
  { folder, env }: EntryContext,
): Promise<ConnectionConfig> {
  const text = await readDocument(path.resolve(folder, from.config), `${where}.config`);
  const document = parseDocument(text, where, from.config);
  const host = lookUp(document, from.host);
  const port = from.port === undefined ? 3306 : Number(lookUp(document, from.port));
  if (typeof host !== 'string' || host === '')
    throw new SternaError(
      'config_invalid',
      `${where}.host: expected a host at ${from.host} of ${from.config}, found none.`,
    );
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new SternaError(
      'config_invalid',
      `${where}.port: expected a port from 1 to 65535 at ${from.port ?? ''} of ${from.config}.`,
    );
  const password = await readSecret(from.password, `${where}.password`, env);
  return {
    host,
    port,
    user: from.user,
    password: () => Promise.resolve(password),
    tls: { mode: from.tls ?? 'preferred', ...ca },
  };
}

async function readDocument(file: string, where: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new SternaError(
      'inventory_unavailable',
      `${where}: expected a readable file at ${file}: ${(error as NodeJS.ErrnoException).code ?? 'error'}.`,
      { cause: error },
    );
  }
}

/** R2: the parser's own message quotes the line, which may hold an address or a password. */
function parseDocument(text: string, where: string, file: string): unknown {
  try {
    return parse(text);
  } catch {
    throw new SternaError(
      'inventory_unavailable',
      `${where}.config: expected YAML or JSON in ${file}. Correct the syntax.`,
    );
  }
}

function lookUp(document: unknown, at: string): unknown {
  return at
    .split('.')
    .reduce<unknown>(
      (found, name) =>
        typeof found === 'object' && found !== null && Object.hasOwn(found, name)
          ? (found as Record<string, unknown>)[name]
          : undefined,
      document,
    );
}
