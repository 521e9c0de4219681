import { readFile, stat } from 'node:fs/promises';
import { SternaError } from '../contract/index.js';

const MAX_SECRET_BYTES = 64 * 1024;

/**
 * Reads a secret reference at the moment of use: `env:NAME` or `file:/path` (trimmed). Anything else is an
 * error, never a literal; messages name the reference's kind and place, never a value (R2).
 */
export async function readSecret(
  reference: string,
  where: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const [, scheme = '', rest = ''] = /^([a-z]+):(.*)$/s.exec(reference) ?? [];
  switch (scheme) {
    case 'env': {
      const value = env[rest];
      if (value === undefined || value === '')
        throw missing(`${where}: expected environment variable ${rest} to be set, found none. Set it for the worker.`);
      return value;
    }
    case 'file':
      return readSecretFile(rest, where);
    default:
      throw new SternaError(
        'config_invalid',
        `${where}: expected a secret reference (env:NAME or file:/path), found another form.`,
      );
  }
}

export function isSecretReference(text: string): boolean {
  return /^(env|file):/.test(text);
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
