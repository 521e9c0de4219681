import type * as SecretsManager from '@aws-sdk/client-secrets-manager';
import { SternaError } from '../contract/index.js';

const PACKAGE = '@aws-sdk/client-secrets-manager';
const CONNECT_MS = 5_000;
const ANSWER_MS = 10_000;

type Sdk = Pick<typeof SecretsManager, 'SecretsManagerClient' | 'GetSecretValueCommand'>;

/** Of the process: it keeps the credentials that it has found. */
let client: SecretsManager.SecretsManagerClient | undefined;

/**
 * `NAME` or `NAME#KEY` in AWS Secrets Manager; with a key the secret is a JSON object. Region, endpoint and credentials
 * come from the standard environment of AWS. What the SDK says is not told: it names accounts and roles (R2).
 */
export async function readAwsSecret(
  rest: string,
  where: string,
  load: () => Promise<Sdk> = () => import('@aws-sdk/client-secrets-manager'),
): Promise<string> {
  const [, name = '', key] = /^([^#]+)(?:#(.+))?$/s.exec(rest) ?? [];
  if (name === '')
    throw new SternaError('config_invalid', `${where}: expected awssm:NAME or awssm:NAME#KEY, found another form.`);
  const secret = await fetchSecret(name, where, await loaded(load, where));
  const value = key === undefined ? secret : member(secret, key);
  if (value === undefined || value === '')
    throw missing(
      `${where}: expected ${key === undefined ? 'a text' : `a text at ${key}`} in secret ${name}, found none.`,
    );
  return value;
}

async function loaded(load: () => Promise<Sdk>, where: string): Promise<Sdk> {
  try {
    return await load();
  } catch (error) {
    throw new SternaError(
      'config_invalid',
      `${where}: expected the package ${PACKAGE} for awssm: secrets, found none. Install it beside sterna.`,
      { cause: error },
    );
  }
}

async function fetchSecret(name: string, where: string, sdk: Sdk): Promise<string | undefined> {
  try {
    client ??= new sdk.SecretsManagerClient({
      requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: ANSWER_MS, throwOnRequestTimeout: true },
    });
    return (await client.send(new sdk.GetSecretValueCommand({ SecretId: name }))).SecretString;
  } catch (error) {
    const { name: kind, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
    const status = $metadata?.httpStatusCode ?? 0;
    const refused = status >= 400 && status < 500 && status !== 429 && !/Throttl|LimitExceeded/.test(kind ?? '');
    const message = `${where}: expected secret ${name} of AWS Secrets Manager, got ${kind ?? 'an error'}.`;
    if (refused || kind === 'CredentialsProviderError') throw missing(message, error);
    throw new SternaError('inventory_unavailable', message, { cause: error });
  }
}

/** Own texts and numbers of a JSON object. */
function member(secret: string | undefined, key: string): string | undefined {
  try {
    const found: unknown = JSON.parse(secret ?? '');
    const value = typeof found === 'object' && found !== null && Object.hasOwn(found, key) ? found[key as never] : '';
    return ['string', 'number'].includes(typeof value) ? String(value) : undefined;
  } catch {
    return undefined; // R2: what the parser says quotes the secret
  }
}

function missing(message: string, cause?: unknown): SternaError {
  return new SternaError('secret_missing', message, { cause });
}
