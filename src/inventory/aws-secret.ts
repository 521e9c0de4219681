import type * as SecretsManager from '@aws-sdk/client-secrets-manager';
import { SternaError } from '../contract/index.js';

const PACKAGE = '@aws-sdk/client-secrets-manager';
const TIMEOUTS = { connectionTimeout: 5_000, requestTimeout: 10_000 };

type Sdk = Pick<typeof SecretsManager, 'SecretsManagerClient' | 'GetSecretValueCommand'>;

/** Reads secrets with one client, which keeps the credentials that it has found. */
export class AwsSecrets {
  #client: SecretsManager.SecretsManagerClient | undefined;

  constructor(
    private readonly load: () => Promise<Sdk> = () => import('@aws-sdk/client-secrets-manager'),
    private readonly timeouts = TIMEOUTS,
  ) {}

  /**
   * `NAME` or `NAME#KEY` in AWS Secrets Manager; with a key the secret is a JSON object. Region, endpoint and credentials
   * come from the standard environment of AWS. What the SDK says is not told: it names accounts and roles (R2).
   */
  async read(rest: string, where: string): Promise<string> {
    const [, name = '', key] = /^([^#]+)(?:#(.+))?$/s.exec(rest) ?? [];
    if (name === '')
      throw new SternaError('config_invalid', `${where}: expected awssm:NAME or awssm:NAME#KEY, found another form.`);
    const secret = await this.#fetch(name, where, await loaded(this.load, where));
    const value = key === undefined ? secret : member(secret, key);
    if (value === undefined || value === '')
      throw missing(
        `${where}: expected ${key === undefined ? 'a text' : `a text at ${key}`} in secret ${name}, found none.`,
      );
    return value;
  }

  async #fetch(name: string, where: string, sdk: Sdk): Promise<string | undefined> {
    try {
      this.#client ??= new sdk.SecretsManagerClient({
        requestHandler: { ...this.timeouts, throwOnRequestTimeout: true },
      });
      return (await this.#client.send(new sdk.GetSecretValueCommand({ SecretId: name }))).SecretString;
    } catch (error) {
      const { name: kind, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
      const status = $metadata?.httpStatusCode ?? 0;
      const refused = status >= 400 && status < 500 && status !== 429 && !/Throttl|LimitExceeded/.test(kind ?? '');
      const message = `${where}: expected secret ${name} of AWS Secrets Manager, got ${kind ?? 'an error'}.`;
      if (refused || kind === 'CredentialsProviderError') throw missing(message, error);
      throw new SternaError('inventory_unavailable', message, { cause: error });
    }
  }
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
