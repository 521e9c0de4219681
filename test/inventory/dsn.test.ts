import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseDsn } from '../../src/inventory/dsn.js';

const text = fc.string({ minLength: 1, maxLength: 20 }).filter((value) => value.trim() !== '');

it('reads back every user and password from a URL', () => {
  fc.assert(
    fc.property(text, text, fc.integer({ min: 1, max: 65_535 }), (user, password, port) => {
      const dsn = `mysql://${encodeURIComponent(user)}:${encodeURIComponent(password)}@db.internal:${port}/?tls=required`;
      expect(parseDsn(dsn, 'dsn')).toEqual({
        host: 'db.internal',
        port,
        user,
        password,
        database: '',
        tls: 'required',
      });
    }),
  );
});

it('reads the form of the Go driver, whatever the password holds', () => {
  fc.assert(
    fc.property(text, (password) => {
      expect(parseDsn(`app:${password}@tcp(db.internal:3307)/`, 'dsn')).toMatchObject({
        host: 'db.internal',
        port: 3307,
        user: 'app',
        password,
        tls: 'preferred',
      });
    }),
  );
});

it.each([
  ['mysql://user:p@:3306/', 'a DSN such as'],
  ['mysql://user:p@host:99999/', 'port'],
  ['user:p@tcp(host:70000)/', 'a port from 1 to 65535'],
  ['mysql://:p@host/', 'a user'],
  ['mysql://user:p@host/?tls=maybe', 'tls to be one of'],
  ['mysql://user:p@host/?tls=', 'tls to be one of'],
  ['mysql://user:p@host/?tsl=verify-identity', 'no parameter but tls and those of the Go driver, found tsl.'],
  ['user:p@tcp(host)/?parseTime=true&TLS=true', 'no parameter but tls and those of the Go driver, found TLS.'],
  ['mysql://user:p@host/?ssl-mode=VERIFY_CA', 'found ssl-mode.'],
  ['mysql://user:p@host/?hunter2', 'found another.'],
  ['mysql://user:p@host/?hunter-two', 'found another.'],
  ['mysql://user:p@host/?hunter2=x', 'found another.'],
  ['user:p@tcp(host)/?hunter.two=x', 'found another.'],
  ['mysql://user:p@host/#tls=verify-identity', 'no # that is not'],
  ['mysql://user:p@host/?tls=verify-identity&tls=disabled', 'tls once'],
  ['host:3306', 'a DSN such as'],
])('refuses %s by naming the part, never a value (R2)', (dsn, expected) => {
  expect(() => parseDsn(dsn, 'targets.a.dsn')).toThrow(
    expect.objectContaining({ code: 'config_invalid', message: expect.stringContaining(expected) as string }),
  );
  try {
    parseDsn(dsn.replace('p@', 'hunter2@'), 'targets.a.dsn');
  } catch (error) {
    expect(String(error)).not.toMatch(/hunter[2.-]/);
  }
});

it('takes what the Go driver knows for no mistake', () => {
  const known = 'charset=utf8mb4,utf8&parseTime=true&loc=UTC&timeout=5s&maxAllowedPacket=0&tinyInt1IsBool=false';
  expect(parseDsn(`user:p@tcp(host)/?${known}&tls=skip-verify&interpolateParams=true`, 'dsn').tls).toBe('required');
});
