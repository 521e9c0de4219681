import { SternaError } from '../contract/index.js';
import type { TlsConfig } from '../mysql/index.js';

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

/**
 * Reads `mysql://user:pass@host:port/?tls=…` and the Go driver's `user:pass@tcp(host:port)/?tls=…`.
 * Messages name the part that is wrong and never print a value (R2).
 */
export function parseDsn(text: string, where: string): Dsn {
  const dsn = text.startsWith('mysql://') ? parseUrl(text, where) : parseGo(text, where);
  if (dsn.host === '') throw invalid(where, 'a host');
  if (dsn.user === '') throw invalid(where, 'a user');
  if (!Number.isInteger(dsn.port) || dsn.port < 1 || dsn.port > 65_535) throw invalid(where, 'a port from 1 to 65535');
  return dsn;
}

function parseUrl(text: string, where: string): Dsn {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw invalid(
      where,
      'a DSN such as mysql://user:password@host:3306/ (is the port from 1 to 65535, and are special characters of the password percent-encoded?)',
    );
  }
  if (url.hash !== '')
    throw invalid(where, 'no # that is not percent-encoded, since what is behind it would not count');
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    user: decode(url.username, where),
    password: decode(url.password, where),
    database: decode(url.pathname.slice(1), where),
    tls: tlsMode(url.searchParams, where),
  };
}

/** The password may hold anything: the address is found from the right. */
function parseGo(text: string, where: string): Dsn {
  const found = /^(.*)@tcp\(([^)]*)\)\/([^?]*)(?:\?(.*))?$/s.exec(text);
  if (found === null)
    throw invalid(where, 'a DSN such as mysql://user:password@host:3306/ or user:password@tcp(host:3306)/');
  const [, account = '', address = '', database = '', parameters = ''] = found;
  const colon = account.indexOf(':');
  const port = /:(\d+)$/.exec(address);
  return {
    host: (port ? address.slice(0, port.index) : address).replace(/^\[|\]$/g, ''),
    port: port ? Number(port[1]) : DEFAULT_PORT,
    user: colon < 0 ? account : account.slice(0, colon),
    password: colon < 0 ? '' : account.slice(colon + 1),
    database,
    tls: tlsMode(new URLSearchParams(parameters), where),
  };
}

/** A parameter that is not known may be a misspelt `tls`, without which a connection would be less safe than was asked for. */
function tlsMode(parameters: URLSearchParams, where: string): TlsConfig['mode'] {
  const unknown = [...parameters].find(([name]) => name !== 'tls' && !IGNORED.has(name));
  if (unknown !== undefined) throw invalid(where, `no parameter but tls and those of the Go driver${found(unknown)}`);
  const [name, ...others] = parameters.getAll('tls');
  if (others.length > 0) throw invalid(where, 'tls once');
  if (name === undefined) return 'preferred';
  const mode = TLS_MODES[name];
  if (mode === undefined) throw invalid(where, `tls to be one of ${Object.keys(TLS_MODES).join(', ')}`);
  return mode;
}

/** R2: what does not look like a name, or has no value, may be a value that went astray. */
function found([name, value]: readonly [string, string]): string {
  return /^[A-Za-z][A-Za-z_-]{0,31}$/.test(name) && value !== '' ? `, found ${name}` : ', found another';
}

function decode(part: string, where: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid(where, 'percent-encoded special characters');
  }
}

function invalid(where: string, expected: string): SternaError {
  return new SternaError('config_invalid', `${where}: expected ${expected}.`);
}
