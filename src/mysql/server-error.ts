import { type ErrorCode, SternaError } from '../contract/index.js';

/** The parts of a mysql2 error that matter here. */
interface DriverError extends Error {
  readonly code?: string;
  readonly errno?: number;
  readonly fatal?: boolean;
  readonly sqlMessage?: string;
}

/** Server error numbers: https://dev.mysql.com/doc/mysql-errors/9.7/en/server-error-reference.html */
const BY_NUMBER: Readonly<Record<number, ErrorCode>> = {
  1021: 'disk_full', // ER_DISK_FULL
  1114: 'disk_full', // ER_RECORD_FILE_FULL: also a full tablespace
  3675: 'disk_full', // ER_DA_TMPDIR_FULL family
  1044: 'missing_privilege', // ER_DBACCESS_DENIED_ERROR
  1142: 'missing_privilege', // ER_TABLEACCESS_DENIED_ERROR
  1143: 'missing_privilege', // ER_COLUMNACCESS_DENIED_ERROR
  1227: 'missing_privilege', // ER_SPECIFIC_ACCESS_DENIED_ERROR
  1045: 'access_denied', // ER_ACCESS_DENIED_ERROR
  1130: 'access_denied', // ER_HOST_NOT_PRIVILEGED
  1698: 'access_denied', // ER_ACCESS_DENIED_NO_PASSWORD_ERROR
  1820: 'access_denied', // ER_MUST_CHANGE_PASSWORD
  1862: 'access_denied', // ER_MUST_CHANGE_PASSWORD_LOGIN
  3118: 'access_denied', // ER_ACCOUNT_HAS_BEEN_LOCKED
  3955: 'access_denied', // ER_USER_ACCESS_DENIED_FOR_USER_ACCOUNT_BLOCKED_BY_PASSWORD_LOCK
  1205: 'lock_not_granted', // ER_LOCK_WAIT_TIMEOUT
  1213: 'lock_not_granted', // ER_LOCK_DEADLOCK
  1290: 'not_the_writer', // ER_OPTION_PREVENTS_STATEMENT (--read-only)
  1836: 'not_the_writer', // ER_READ_ONLY_MODE
  1040: 'server_unreachable', // ER_CON_COUNT_ERROR
  1129: 'server_unreachable', // ER_HOST_IS_BLOCKED
  1135: 'server_unreachable', // ER_CANT_CREATE_THREAD
  1203: 'server_unreachable', // ER_TOO_MANY_USER_CONNECTIONS
  1226: 'server_unreachable', // ER_USER_LIMIT_REACHED
  3032: 'server_unreachable', // ER_SERVER_OFFLINE_MODE
  3168: 'server_unreachable', // ER_SERVER_ISNT_AVAILABLE
  1206: 'lock_not_granted', // ER_LOCK_TABLE_FULL
  3101: 'lock_not_granted', // ER_TRANSACTION_ROLLBACK_DURING_COMMIT
  1317: 'interrupted', // ER_QUERY_INTERRUPTED
  3024: 'interrupted', // ER_QUERY_TIMEOUT
  4031: 'connection_lost', // ER_CLIENT_INTERACTION_TIMEOUT
  1053: 'connection_lost', // ER_SERVER_SHUTDOWN
  1158: 'connection_lost', // ER_NET_READ_ERROR
  1159: 'connection_lost', // ER_NET_READ_INTERRUPTED
  1160: 'connection_lost', // ER_NET_ERROR_ON_WRITE
  1161: 'connection_lost', // ER_NET_WRITE_INTERRUPTED
  1845: 'instant_refused', // ER_ALTER_OPERATION_NOT_SUPPORTED
  1846: 'instant_refused', // ER_ALTER_OPERATION_NOT_SUPPORTED_REASON
};

const CONNECT_CODES = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'EAI_AGAIN']);
const LOST_CODES = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'ECONNRESET',
  'EPIPE',
  'ERR_STREAM_WRITE_AFTER_END',
  'ERR_STREAM_DESTROYED',
  'ECONNABORTED',
]);

export function serverErrorNumber(error: unknown): number | undefined {
  const cause = error instanceof SternaError ? error.cause : error;
  return cause instanceof Error ? (cause as DriverError).errno : undefined;
}

/** What the server said, to the letter: it may quote an account (R2), so it is only looked at. */
export function serverMessage(error: unknown): string | undefined {
  const cause = error instanceof SternaError ? error.cause : error;
  return cause instanceof Error ? (cause as DriverError).sqlMessage : undefined;
}

/**
 * Turns a driver error into a SternaError. The message carries what the server said, and never the
 * host or user (R2): MySQL puts them into "access denied" texts, the driver into connect errors.
 */
export function translateError(error: unknown, doing: string): SternaError {
  if (error instanceof SternaError) return error;
  const e = error as DriverError;
  const make = (code: ErrorCode, text: string): SternaError =>
    new SternaError(code, `${text} (while ${doing})`, { cause: error });
  if (e.code === 'HANDSHAKE_NO_SSL_SUPPORT')
    return make('server_unreachable', 'The server offers no TLS, and the inventory asks for it (tls)');
  if (e.code === 'HANDSHAKE_SSL_ERROR')
    return make(
      'server_unreachable',
      'The TLS of the server is refused: its certificate is not of the authority in the inventory (tls_ca), or not for this host, or has expired',
    );
  if (e.code !== undefined && CONNECT_CODES.has(e.code))
    return make('server_unreachable', `No connection to the server: ${e.code}`);
  if (e.code !== undefined && (LOST_CODES.has(e.code) || isOfSystem(e)))
    return make('connection_lost', 'The connection to the server broke');
  // The driver puts the number of some errors into `code`.
  const code = BY_NUMBER[e.errno ?? Number(e.code)];
  switch (code) {
    case 'access_denied':
      return make(code, 'The server refuses the user or the password of this target, or their account');
    case undefined:
      if (/closed state|Connection lost|connection is closed/i.test(e.message))
        return make('connection_lost', 'The connection to the server broke');
      return make(
        'sql_error',
        `The server answered ${e.code ?? 'with an error'}: ${withoutAccount(e.sqlMessage ?? e.message)}`,
      );
    default:
      return make(code, `The server answered ${e.code}: ${withoutAccount(e.sqlMessage ?? e.message)}`);
  }
}

/** Of the network or the system, not of the server: those have positive numbers. */
function isOfSystem({ code, errno }: DriverError): boolean {
  return /^(E[A-Z]+|ERR_[A-Z0-9_]+|PROTOCOL_[A-Z_]+)$/.test(code ?? '') && !(errno !== undefined && errno > 0);
}

/** Takes `'user'@'host'` and `Host 'host'` out of a server message (R2), and bounds it. */
export function withoutAccount(message: string): string {
  return (
    message
      .replace(/'[^']*'@'[^']*'/g, 'this user')
      .replace(/\bHost '[^']*'/gi, 'this host')
      // eslint-disable-next-line no-control-regex -- server text is shown in terminals
      .replace(/[\u0000-\u001f\u007f]+/g, ' ')
      .slice(0, 500)
  );
}
