import { SternaError } from '../contract/index.js';
import type { Session } from '../mysql/index.js';

/** Settings that a plan records and the online copy depends on. */
export const SETTINGS = [
  'version',
  'sql_mode',
  'log_bin',
  'binlog_format',
  'binlog_row_image',
  'binlog_row_value_options',
  'binlog_transaction_compression',
  'gtid_mode',
  'enforce_gtid_consistency',
  'binlog_order_commits',
  'explicit_defaults_for_timestamp',
  'lower_case_table_names',
] as const;
export type ServerSettings = Readonly<Record<(typeof SETTINGS)[number], string>>;

export async function readSettings(session: Session): Promise<ServerSettings> {
  const [row] = await session.query<Record<string, string | number>>(
    `SELECT ${SETTINGS.map((name) => `@@GLOBAL.${name} AS ${name}`).join(', ')}`,
  );
  return Object.fromEntries(SETTINGS.map((name) => [name, String(row?.[name] ?? '')])) as ServerSettings;
}

/** What the binlog has to be like for changes to be captured; the first misfit is thrown with its remedy. */
export function assertBinlogFits(settings: ServerSettings): void {
  const wanted: [keyof ServerSettings, string, (value: string) => boolean, string][] = [
    ['log_bin', 'ON', (value) => value === '1', 'Start the server with --log-bin.'],
    ['binlog_format', 'ROW', (value) => value === 'ROW', "SET GLOBAL binlog_format = 'ROW'"],
    ['binlog_row_image', 'FULL', (value) => value === 'FULL', "SET GLOBAL binlog_row_image = 'FULL'"],
    ['binlog_row_value_options', 'empty', (value) => value === '', "SET GLOBAL binlog_row_value_options = ''"],
    [
      'binlog_transaction_compression',
      'OFF',
      (value) => value === '0',
      'SET GLOBAL binlog_transaction_compression = OFF',
    ],
    // Without GTIDs, the order of the binlog is what tells when a change is visible (E2).
    [
      'binlog_order_commits',
      hasGtids(settings) ? 'ON or OFF' : 'ON, since GTIDs are off',
      (value) => value === '1' || hasGtids(settings),
      'SET GLOBAL binlog_order_commits = ON',
    ],
    [
      'lower_case_table_names',
      '0',
      (value) => value === '0',
      'The binlog names tables in another case than statements do, which this version does not follow',
    ],
  ];
  for (const [name, expected, fits, remedy] of wanted) {
    if (!fits(settings[name]))
      throw new SternaError(
        'binlog_unsuitable',
        `Expected ${name} ${expected} for an online copy, found ${JSON.stringify(settings[name])}. ${remedy}; sessions that are open keep the old value.`,
      );
  }
}

function hasGtids(settings: ServerSettings): boolean {
  return settings.gtid_mode === 'ON' && settings.enforce_gtid_consistency === 'ON';
}

const ON_SCHEMA = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'CREATE', 'DROP', 'ALTER', 'INDEX', 'LOCK TABLES'] as const;
/** Without them, triggers and the foreign keys of other schemas are invisible, and the swap would leave them behind. */
const TO_SEE = { onSchema: ['TRIGGER'], onServer: ['REFERENCES'] } as const;
const ON_SERVER = ['REPLICATION SLAVE', 'REPLICATION CLIENT', 'XA_RECOVER_ADMIN', ...TO_SEE.onServer] as const;

export async function readGrants(session: Session): Promise<string[]> {
  const rows = await session.query('SHOW GRANTS');
  return rows.map((row) => String(Object.values(row)[0]));
}

/** The privileges that an apply needs; the missing ones are thrown as the GRANT to run. */
export function assertPrivileges(grants: readonly string[], physical: string, copies: boolean): void {
  const onSchema = copies ? [...ON_SCHEMA, ...TO_SEE.onSchema] : ON_SCHEMA;
  const missing = onSchema.filter((privilege) => !holds(grants, privilege, physical));
  if (missing.length > 0) throw lacking(`GRANT ${missing.join(', ')} ON \`${physical}\`.*`);
  const global = copies ? ON_SERVER.filter((privilege) => !holds(grants, privilege, null)) : [];
  if (global.length > 0) throw lacking(`GRANT ${global.join(', ')} ON *.*`);
}

function lacking(grant: string): SternaError {
  return new SternaError(
    'missing_privilege',
    `Expected the user of this target to hold more privileges. Run: ${grant} TO <the user>.`,
  );
}

/** Whether a line of SHOW GRANTS gives the privilege, on the schema or on everything. */
export function holds(grants: readonly string[], privilege: string, schema: string | null): boolean {
  return grants.some((grant) => {
    const found = /^GRANT (.+) ON (\*\.\*|`((?:[^`]|``)+)`\.\*) TO /.exec(grant);
    if (found === null) return false;
    const [, list = '', place = '', pattern] = found;
    if (
      place !== '*.*' &&
      (schema === null || pattern === undefined || !matches(pattern.replaceAll('``', '`'), schema))
    )
      return false;
    const names = list.split(',').map((name) => name.trim().toUpperCase());
    return names.includes('ALL PRIVILEGES')
      ? privilege !== 'XA_RECOVER_ADMIN' || place === '*.*'
      : names.includes(privilege);
  });
}

/** Schema names in grants are patterns: `_` and `%`, unless escaped. */
function matches(pattern: string, schema: string): boolean {
  const regex = pattern.replace(/\\?[\s\S]/gu, (c) =>
    c === '%' ? '.*' : c === '_' ? '.' : c.replace(/^\\(?=[_%])/, '').replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
  );
  return new RegExp(`^${regex}$`, 'su').test(schema);
}
