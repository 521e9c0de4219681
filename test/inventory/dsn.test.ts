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
  ['host:3306', 'a DSN such as'],
])('refuses %s by naming the part, never a value (R2)', (dsn, expected) => {
  expect(() => parseDsn(dsn, 'targets.a.dsn')).toThrow(
    expect.objectContaining({ code: 'config_invalid', message: expect.stringContaining(expected) as string }),
  );
  try {
    parseDsn(dsn.replace('p@', 'hunter2@'), 'targets.a.dsn');
  } catch (error) {
    expect(String(error)).not.toContain('hunter2');
  }
});
