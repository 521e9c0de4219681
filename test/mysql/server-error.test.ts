import { describe, expect, it } from 'vitest';
import { translateError } from '../../src/mysql/server-error.js';

const error = (fields: object, message = 'no text'): Error => Object.assign(new Error(message), fields);

describe('what is told of an error of the server or its driver', () => {
  it.each([
    [1045, 'access_denied'],
    [1044, 'missing_privilege'],
    [1064, 'sql_error'],
    [1130, 'access_denied'],
    [3118, 'access_denied'],
    [1129, 'server_unreachable'],
  ])('holds no user and no host: %d (R2)', (errno, code) => {
    const sqlMessage = "Access denied for user 'deploy'@'10.1.2.3' (using password: YES); Host '10.1.2.3' is blocked";
    const told = translateError(error({ errno, code: 'ER_OF_THE_SERVER', sqlMessage }), 'connecting');
    expect(told.code).toBe(code);
    expect(told.message).not.toMatch(/deploy|10\.1\.2\.3/);
  });

  it.each([
    ['a statement that somebody ended', { errno: 1317, code: 'ER_QUERY_INTERRUPTED' }, 'interrupted'],
    ['a time limit of the server', { errno: 3024, code: 'ER_QUERY_TIMEOUT' }, 'interrupted'],
    ['too many connections', { errno: 1203, code: 'ER_TOO_MANY_USER_CONNECTIONS' }, 'server_unreachable'],
    ['a server that serves nobody now', { errno: 3032, code: 'ER_SERVER_OFFLINE_MODE' }, 'server_unreachable'],
    ['a network that breaks at the server', { errno: 1160, code: 'ER_NET_ERROR_ON_WRITE' }, 'connection_lost'],
    ['a session that was silent for long, as the driver reports it', { code: 4031 }, 'connection_lost'],
    ['no file handle left', { errno: -24, code: 'EMFILE' }, 'connection_lost'],
    ['an alert of TLS', { code: 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR' }, 'connection_lost'],
    ['packets out of order', { code: 'PROTOCOL_PACKETS_OUT_OF_ORDER' }, 'connection_lost'],
    ['a server that turned read-only', { errno: 1836, code: 'ER_READ_ONLY_MODE' }, 'not_the_writer'],
  ])('is worth another attempt: %s', (_, fields, code) => {
    const told = translateError(error(fields), 'copying');
    expect(told.code).toBe(code);
    expect(told.retryable).toBe(true);
  });

  it.each([
    ['ECONNREFUSED', 'server_unreachable'],
    ['ECONNRESET', 'connection_lost'],
    ['HANDSHAKE_SSL_ERROR', 'server_unreachable'],
    ['HANDSHAKE_NO_SSL_SUPPORT', 'server_unreachable'],
  ])('holds no address: %s (R2)', (code, expected) => {
    const told = translateError(error({ code }, `connect ${code} 10.1.2.3:3306`), 'connecting');
    expect(told.code).toBe(expected);
    expect(told.message).not.toContain('10.1.2.3');
  });
});
