import { isIP } from 'node:net';
import { SternaError } from '../contract/index.js';
import type { TlsConfig } from '../mysql/index.js';
import { secretForms } from './secrets.js';

export interface Dsn {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly tls: TlsConfig['mode'];
}

const DEFAULT_PORT = 3306;
const TLS_MODES: Readonly<Record<string, TlsConfig['mode']>> = {
  disabled: 'disabled',
  preferred: 'preferred',
  required: 'required',
  'verify-ca': 'verify-ca',
  'verify-identity': 'verify-identity',
  'verify-full': 'verify-identity',
  // As the Go driver names them.
  false: 'disabled',
  'skip-verify': 'required',
  true: 'verify-identity',
};

/** Of the Go driver, whose DSNs are taken as they are: what they set is not for us. */
const IGNORED = new Set([
  ...['allowAllFiles', 'allowCleartextPasswords', 'allowFallbackToPlaintext', 'allowNativePasswords'],
  ...['allowOldPasswords', 'charset', 'checkConnLiveness', 'clientFoundRows', 'collation', 'columnsWithAlias'],
  ...['compress', 'connectionAttributes', 'interpolateParams', 'loc', 'maxAllowedPacket', 'multiStatements'],
  ...['parseTime', 'readTimeout', 'rejectReadOnly', 'serverPubKey', 'timeTruncate', 'timeout', 'tinyInt1IsBool'],
  'writeTimeout',
]);

/** What holds where a DSN stands. */
export interface DsnRules {
  /** It may hold a plain password. */
  readonly development: boolean;
  /** It may name a database. */
  readonly allowDatabase: boolean;
}

/**
 * Reads `mysql://user:pass@host:port/?tls=…` and the Go driver's `user:pass@tcp(host:port)/?tls=…`.
 * Messages name the parts that are wrong and never print a value (R2).
 */
export function parseDsn(text: string, where: string): Dsn {
  const expected: string[] = [];
  const dsn = readDsn(text, expected);
  if (dsn !== undefined && expected.length === 0) return dsn;
  throw new SternaError('config_invalid', `${where}: expected ${expected.join('; expected ')}.`);
}

/** All that is wrong in a DSN that stands in an inventory itself. */
export function mistakesInDsn(text: string, rules: DsnRules): string[] {
  const expected: string[] = [];
  const dsn = readDsn(text, expected);
  if (dsn === undefined) return [`expected ${expected.join()}, or a secret reference (${secretForms()})`];
  return [
    ...expected.map((each) => `expected ${each}`),
    ...(dsn.password !== '' && !rules.development ? [PLAIN_PASSWORD] : []),
    ...mistakesByRules(dsn, rules),
    ...mistakesInTls(dsn.host, dsn.tls),
  ];
}

/** Of a DSN wherever it comes from. */
export function mistakesByRules({ database }: Dsn, { allowDatabase }: Pick<DsnRules, 'allowDatabase'>): string[] {
  return database !== '' && !allowDatabase ? [NAMED_DATABASE] : [];
}

/** The driver cannot compare a certificate with an address. */
export function mistakesInTls(host: unknown, tls: unknown): string[] {
  return tls === 'verify-identity' && typeof host === 'string' && isIP(host) !== 0
    ? ['expected a host name with TLS verify-identity, found an IP address: use a name, or verify-ca']
    : [];
}

const PLAIN_PASSWORD =
  'expected a secret reference such as env:NAME or file:/path, found a plain password: only an inventory with "development: true" may hold one';
const NAMED_DATABASE =
  'expected no database in the DSN, found one: every operation names its own (R3); in the entry of a target, allow_database makes it a mere label';

/** What is wrong is put to `expected`; undefined where it has another form. */
function readDsn(text: string, expected: string[]): Dsn | undefined {
  const dsn = text.startsWith('mysql://') ? readUrl(text, expected) : readGo(text, expected);
  if (dsn === undefined) return undefined;
  if (dsn.host === '') expected.push('a host');
  if (dsn.user === '') expected.push('a user');
  if (!Number.isInteger(dsn.port) || dsn.port < 1 || dsn.port > 65_535) expected.push('a port from 1 to 65535');
  return dsn;
}

function readUrl(text: string, expected: string[]): Dsn | undefined {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    expected.push(
      'a DSN such as mysql://user:password@host:3306/ (is the port from 1 to 65535, and are special characters of the password percent-encoded?)',
    );
    return undefined;
  }
  if (url.hash !== '') expected.push('no # that is not percent-encoded, since what is behind it would not count');
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    user: decode(url.username, expected),
    password: decode(url.password, expected),
    database: decode(url.pathname.slice(1), expected),
    tls: tlsMode(url.searchParams, expected),
  };
}

/** The password may hold anything: the address is found from the right. */
function readGo(text: string, expected: string[]): Dsn | undefined {
  const found = /^(.*)@tcp\(([^)]*)\)\/([^?]*)(?:\?(.*))?$/s.exec(text);
  if (found === null) {
    expected.push('a DSN such as mysql://user:password@host:3306/ or user:password@tcp(host:3306)/');
    return undefined;
  }
  const [, account = '', address = '', database = '', parameters = ''] = found;
  const colon = account.indexOf(':');
  const port = /:(\d+)$/.exec(address);
  return {
    host: (port ? address.slice(0, port.index) : address).replace(/^\[|\]$/g, ''),
    port: port ? Number(port[1]) : DEFAULT_PORT,
    user: colon < 0 ? account : account.slice(0, colon),
    password: colon < 0 ? '' : account.slice(colon + 1),
    database,
    tls: tlsMode(new URLSearchParams(parameters), expected),
  };
}

/** A parameter that is not known may be a misspelt `tls`, without which a connection would be less safe than was asked for. */
function tlsMode(parameters: URLSearchParams, expected: string[]): TlsConfig['mode'] {
  for (const parameter of parameters)
    if (parameter[0] !== 'tls' && !IGNORED.has(parameter[0]))
      expected.push(`no parameter but tls and those of the Go driver${found(parameter)}`);
  const [name, ...others] = parameters.getAll('tls');
  if (others.length > 0) expected.push('tls once');
  if (name === undefined) return 'preferred';
  const mode = Object.hasOwn(TLS_MODES, name) ? TLS_MODES[name] : undefined;
  if (mode === undefined) expected.push(`tls to be one of ${Object.keys(TLS_MODES).join(', ')}`);
  return mode ?? 'preferred';
}

/** R2: what does not look like a name, or has no value, may be a value that went astray. */
function found([name, value]: readonly [string, string]): string {
  return /^[A-Za-z][A-Za-z_-]{0,31}$/.test(name) && value !== '' ? `, found ${name}` : ', found another';
}

function decode(part: string, expected: string[]): string {
  try {
    return decodeURIComponent(part);
  } catch {
    expected.push('percent-encoded special characters');
    return part;
  }
}
