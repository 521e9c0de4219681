import { describe, expect, it } from 'vitest';
import { assertBinlogFits, assertPrivileges, holds, type ServerSettings } from '../../src/planner/server-conditions.js';

const good: ServerSettings = {
  version: '9.7.4',
  sql_mode: '',
  log_bin: '1',
  binlog_format: 'ROW',
  binlog_row_image: 'FULL',
  binlog_row_value_options: '',
  binlog_transaction_compression: '0',
  gtid_mode: 'ON',
  enforce_gtid_consistency: 'ON',
  binlog_order_commits: '1',
  explicit_defaults_for_timestamp: '1',
  lower_case_table_names: '0',
};

describe('binlog settings (P3)', () => {
  it('fit as they come with the server', () => {
    expect(() => assertBinlogFits(good)).not.toThrow();
  });

  it.each([
    ['log_bin', '0'],
    ['binlog_format', 'MIXED'],
    ['binlog_row_image', 'MINIMAL'],
    ['binlog_row_value_options', 'PARTIAL_JSON'],
    ['binlog_transaction_compression', '1'],
    ['lower_case_table_names', '1'],
  ] as const)('%s = %s is refused by name', (name, value) => {
    expect(() => assertBinlogFits({ ...good, [name]: value })).toThrow(
      expect.objectContaining({ code: 'binlog_unsuitable', message: expect.stringContaining(name) as string }),
    );
  });

  it.each([
    ['gtid_mode', 'OFF'],
    ['gtid_mode', 'ON_PERMISSIVE'],
    ['enforce_gtid_consistency', 'WARN'],
  ] as const)('%s = %s asks for commits in the order of the binlog, which GTIDs do without (E2)', (name, value) => {
    expect(() => assertBinlogFits({ ...good, [name]: value })).not.toThrow();
    expect(() => assertBinlogFits({ ...good, binlog_order_commits: '0' })).not.toThrow();
    expect(() => assertBinlogFits({ ...good, [name]: value, binlog_order_commits: '0' })).toThrow(
      expect.objectContaining({
        code: 'binlog_unsuitable',
        message: expect.stringContaining('binlog_order_commits') as string,
      }),
    );
  });
});

describe('privileges', () => {
  const schema =
    'GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, INDEX, ALTER, TRIGGER, LOCK TABLES ON `shop`.* TO `u`@`%`';
  const server = 'GRANT REFERENCES, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO `u`@`%`';
  const xa = 'GRANT XA_RECOVER_ADMIN ON *.* TO `u`@`%`';

  it('are enough when all are there, in any lines', () => {
    expect(() => assertPrivileges([schema, server, xa], 'shop', true)).not.toThrow();
    expect(() => assertPrivileges(['GRANT ALL PRIVILEGES ON *.* TO `u`@`%`'], 'shop', true)).not.toThrow();
    expect(() => assertPrivileges([schema], 'shop', false)).not.toThrow();
  });

  it('that are missing are named as the GRANT to run', () => {
    expect(() => assertPrivileges([schema, xa], 'shop', true)).toThrow(
      expect.objectContaining({
        code: 'missing_privilege',
        message: expect.stringContaining('GRANT REPLICATION SLAVE, REPLICATION CLIENT, REFERENCES ON *.*') as string,
      }),
    );
    // Otherwise a trigger would be invisible, and the swap would leave it behind.
    expect(() => assertPrivileges([schema.replace('TRIGGER, ', ''), server, xa], 'shop', true)).toThrow(
      expect.objectContaining({ message: expect.stringContaining('GRANT TRIGGER ON `shop`.*') as string }),
    );
    expect(() => assertPrivileges([schema.replace('LOCK TABLES', 'EVENT')], 'shop', false)).toThrow(
      expect.objectContaining({ message: expect.stringContaining('GRANT LOCK TABLES ON `shop`.*') as string }),
    );
  });

  it('on a schema pattern count for what the pattern fits', () => {
    expect(holds(['GRANT ALTER ON `shop\\_%`.* TO `u`@`%`'], 'ALTER', 'shop_eu')).toBe(true);
    expect(holds(['GRANT ALTER ON `shop\\_%`.* TO `u`@`%`'], 'ALTER', 'shopXeu')).toBe(false);
    expect(holds(['GRANT ALTER ON `sh_p`.* TO `u`@`%`'], 'ALTER', 'shop')).toBe(true);
    expect(holds(['GRANT ALTER ON `shop`.`orders` TO `u`@`%`'], 'ALTER', 'shop')).toBe(false);
  });
});
