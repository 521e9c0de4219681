import { readFile, stat } from 'node:fs/promises';
import { SternaError } from '../contract/index.js';
import { AwsSecrets } from './aws-secret.js';
import { within } from './within.js';

const awsSecrets = new AwsSecrets();
const MAX_SECRET_BYTES = 64 * 1024;

/**
 * Reads the secret behind `scheme:rest`. `where` is for messages, which never hold a value (R2). What is thrown and is no
 * SternaError counts as a store that cannot answer.
 */
export type SecretReader = (rest: string, where: string) => Promise<string>;

/** `mysql:` begins a DSN. */
const OWN_SCHEMES = ['env', 'file', 'awssm', 'mysql'];

/** One for the process, also where several copies of this module are loaded: the command is a bundle of its own. */
const REGISTERED = Symbol.for('sterna.secret-schemes');
const everywhere = globalThis as unknown as Record<symbol, Map<string, SecretReader> | undefined>;
const registered = (everywhere[REGISTERED] ??= new Map<string, SecretReader>());

/** Makes `scheme:rest` a secret reference. The last registration of a scheme counts. */
export function registerSecretScheme(scheme: string, read: SecretReader): void {
  if (!/^[a-z][a-z0-9]*$/.test(scheme) || OWN_SCHEMES.includes(scheme))
    throw new SternaError(
      'config_invalid',
      `Expected a scheme of small letters and digits, and none of ${OWN_SCHEMES.join(', ')}; got ${JSON.stringify(scheme)}.`,
    );
  registered.set(scheme, read);
}

/**
 * Reads a secret reference at the moment of use: `env:NAME`, `file:/path` (trimmed), `awssm:NAME[#KEY]` or a registered
 * scheme. Anything else is an error, never a literal; messages name the reference's kind and place, never a value (R2).
 */
export async function readSecret(
  reference: string,
  where: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const { scheme, rest } = partsOf(reference);
  switch (scheme) {
    case 'env': {
      const value = env[rest];
      if (value === undefined || value === '')
        throw missing(`${where}: expected environment variable ${rest} to be set, found none. Set it for the worker.`);
      return value;
    }
    case 'file':
      return readSecretFile(rest, where);
    case 'awssm':
      return within(where, awsSecrets.read(rest, where)); // also what finds credentials may hang
    default: {
      const read = registered.get(scheme);
      if (read !== undefined) return readRegistered(read, scheme, rest, where);
      throw new SternaError(
        'config_invalid',
        `${where}: expected a secret reference (${secretForms()}), found another form.`,
      );
    }
  }
}

const OWN_FORMS = ['env:NAME', 'file:/path', 'awssm:NAME[#KEY]'];

/** For messages: the forms that are known by now. */
export function secretForms(): string {
  return [...OWN_FORMS, ...[...registered.keys()].map((scheme) => `${scheme}:…`)].join(', ');
}

export function isSecretReference(text: string): boolean {
  const { scheme } = partsOf(text);
  return ['env', 'file', 'awssm'].includes(scheme) || registered.has(scheme);
}

function partsOf(reference: string): { scheme: string; rest: string } {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9]*):(.*)$/s.exec(reference) ?? [];
  return { scheme, rest };
}

async function readRegistered(read: SecretReader, scheme: string, rest: string, where: string): Promise<string> {
  let value: unknown;
  try {
    value = await within(where, read(rest, where));
  } catch (error) {
    if (error instanceof SternaError) throw error;
    throw new SternaError(
      'inventory_unavailable',
      `${where}: expected a secret of ${scheme}, got ${error instanceof Error ? error.name : 'an error'}.`,
      { cause: error },
    );
  }
  if (typeof value === 'string' && value !== '') return value;
  throw missing(`${where}: expected a secret of ${scheme}, found ${value === '' ? 'an empty one' : 'none'}.`);
}

async function readSecretFile(path: string, where: string): Promise<string> {
  try {
    const facts = await stat(path);
    if (!facts.isFile()) throw missing(`${where}: expected a regular file at ${path}.`);
    if (facts.size > MAX_SECRET_BYTES)
      throw missing(`${where}: expected at most ${MAX_SECRET_BYTES} bytes in ${path}, found ${facts.size}.`);
    const value = (await readFile(path, 'utf8')).trim();
    if (value === '') throw missing(`${where}: expected a secret in ${path}, found nothing.`);
    return value;
  } catch (error) {
    if (error instanceof SternaError) throw error;
    throw missing(
      `${where}: expected a readable file at ${path}: ${(error as NodeJS.ErrnoException).code ?? 'error'}.`,
      error,
    );
  }
}

function missing(message: string, cause?: unknown): SternaError {
  return new SternaError('secret_missing', message, { cause });
}
