import { SternaError } from '../contract/index.js';
import { quoteName, type Session } from '../mysql/index.js';

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

/** A setting with which changes cannot be captured. */
export interface Misfit {
  readonly name: keyof ServerSettings;
  readonly expected: string;
  readonly found: string;
  /** What to do where no statement does it. */
  readonly advice?: string;
  readonly run: readonly string[];
}

/** What the binlog has to be like for changes to be captured. */
export function binlogMisfits(settings: ServerSettings): Misfit[] {
  const set = (name: keyof ServerSettings, value: string): Pick<Misfit, 'run'> => ({
    run: [`SET PERSIST ${name} = ${value}`],
  });
  const wanted: [keyof ServerSettings, string, (value: string) => boolean, Pick<Misfit, 'run' | 'advice'>][] = [
    ['log_bin', 'ON', (value) => value === '1', { run: [], advice: 'Start the server with --log-bin' }],
    ['binlog_format', 'ROW', (value) => value === 'ROW', set('binlog_format', 'ROW')],
    ['binlog_row_image', 'FULL', (value) => value === 'FULL', set('binlog_row_image', 'FULL')],
    ['binlog_row_value_options', 'empty', (value) => value === '', set('binlog_row_value_options', "''")],
    ['binlog_transaction_compression', 'OFF', (value) => value === '0', set('binlog_transaction_compression', 'OFF')],
    // Without GTIDs, the order of the binlog is what tells when a change is visible (E2).
    [
      'binlog_order_commits',
      hasGtids(settings) ? 'ON or OFF' : 'ON, since GTIDs are off',
      (value) => value === '1' || hasGtids(settings),
      set('binlog_order_commits', 'ON'),
    ],
    [
      'lower_case_table_names',
      '0',
      (value) => value === '0',
      {
        run: [],
        advice: 'The binlog names tables in another case than statements do, which this version does not follow',
      },
    ],
  ];
  return wanted.flatMap(([name, expected, fits, remedy]) =>
    fits(settings[name]) ? [] : [{ name, expected, found: settings[name], ...remedy }],
  );
}

export function describeMisfit({ name, expected, found }: Misfit): string {
  return `Expected ${name} ${expected} for an online copy, found ${JSON.stringify(found)}.`;
}

/** The first misfit is thrown with its remedy. */
export function assertBinlogFits(settings: ServerSettings): void {
  const [misfit] = binlogMisfits(settings);
  if (misfit === undefined) return;
  const remedy = [...(misfit.advice === undefined ? [] : [misfit.advice]), ...misfit.run].join(': ');
  throw new SternaError(
    'binlog_unsuitable',
    `${describeMisfit(misfit)} ${remedy}; sessions that are open keep the old value.`,
  );
}

function hasGtids(settings: ServerSettings): boolean {
  return settings.gtid_mode === 'ON' && settings.enforce_gtid_consistency === 'ON';
}

const ON_SCHEMA = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'CREATE', 'DROP', 'ALTER', 'INDEX', 'LOCK TABLES'] as const;
/** Without them, triggers and the foreign keys of other schemas are invisible, and the swap would leave them behind. */
const TO_SEE = { onSchema: ['TRIGGER'], onServer: ['REFERENCES'] } as const;
const ON_SERVER = ['REPLICATION SLAVE', 'REPLICATION CLIENT', 'XA_RECOVER_ADMIN', ...TO_SEE.onServer] as const;
/** INSERT also for RENAME TABLE. */
const ON_SCRATCH = [
  ...(['SELECT', 'INSERT', 'CREATE', 'CREATE TEMPORARY TABLES', 'DROP', 'ALTER', 'INDEX', 'REFERENCES'] as const),
];

export const SCRATCH_PREFIX = '_sterna_ws_';
export const SCRATCH_GRANT = `GRANT ALL ON ${quoteName(`${schemaPattern(SCRATCH_PREFIX)}%`)}.*`;

/** Of the user with the roles that are active in this session: without a USING of its own, the server lists them along. */
export async function readGrants(session: Session): Promise<string[]> {
  const rows = await session.query('SHOW GRANTS');
  return rows.map((row) => String(Object.values(row)[0]));
}

/** What an apply needs and these grants do not give, as GRANT statements without the user. */
export function missingGrants(grants: readonly string[], physical: string, copies: boolean): string[] {
  const onSchema = copies ? [...ON_SCHEMA, ...TO_SEE.onSchema] : ON_SCHEMA;
  const missing = onSchema.filter((privilege) => !holds(grants, privilege, physical));
  const global = copies ? ON_SERVER.filter((privilege) => !holds(grants, privilege, null)) : [];
  return [
    ...(missing.length > 0 ? [`GRANT ${missing.join(', ')} ON ${quoteName(schemaPattern(physical))}.*`] : []),
    ...(global.length > 0 ? [`GRANT ${global.join(', ')} ON *.*`] : []),
  ];
}

/** What planning needs in a scratch schema, and these grants do not give. */
export function missingOnScratch(grants: readonly string[]): string[] {
  return ON_SCRATCH.filter((privilege) => !holds(grants, privilege, `${SCRATCH_PREFIX}0000000000000_00000000`));
}

/** The privileges that an apply needs; the missing ones are thrown as the GRANT to run. */
export function assertPrivileges(grants: readonly string[], physical: string, copies: boolean): void {
  const [missing] = missingGrants(grants, physical, copies);
  if (missing !== undefined) throw lacking(missing);
}

/** That the user of this target may read a schema, whose tables it does not see otherwise. */
export function unreadable(physical: string, cause?: SternaError): SternaError {
  return lacking(`GRANT SELECT ON ${quoteName(schemaPattern(physical))}.*`, cause);
}

function lacking(grant: string, cause?: SternaError): SternaError {
  return new SternaError(
    'missing_privilege',
    `Expected the user of this target to hold more privileges. Run: ${grant} TO <the user>.`,
    { cause },
  );
}

/** Whether SHOW GRANTS gives the privilege, on the schema or on everything. */
export function holds(grants: readonly string[], privilege: string, schema: string | null): boolean {
  // With partial_revokes, what is held on everything may be taken back for a schema.
  const revoked = grants.some((line) => {
    const found = /^REVOKE (.+) ON `((?:[^`]|``)+)`\.\* FROM /.exec(line);
    return found !== null && found[2]?.replaceAll('``', '`') === schema && namesOf(found[1]).includes(privilege);
  });
  return grants.some((grant) => {
    const found = /^GRANT (.+) ON (\*\.\*|`((?:[^`]|``)+)`\.\*) TO /.exec(grant);
    if (found === null || (revoked && found[2] === '*.*')) return false;
    const [, list = '', place = '', pattern] = found;
    if (
      place !== '*.*' &&
      (schema === null || pattern === undefined || !matches(pattern.replaceAll('``', '`'), schema))
    )
      return false;
    const names = namesOf(list);
    return names.includes('ALL PRIVILEGES')
      ? privilege !== 'XA_RECOVER_ADMIN' || place === '*.*'
      : names.includes(privilege);
  });
}

function namesOf(list = ''): string[] {
  return list.split(',').map((name) => name.trim().toUpperCase());
}

/** A schema name as a grant takes it, where `_` and `%` stand for others. */
function schemaPattern(schema: string): string {
  return schema.replace(/[_%]/g, '\\$&');
}

/** Schema names in grants are patterns: `_` and `%`, unless escaped. */
function matches(pattern: string, schema: string): boolean {
  const regex = pattern.replace(/\\?[\s\S]/gu, (c) =>
    c === '%' ? '.*' : c === '_' ? '.' : c.replace(/^\\(?=[_%])/, '').replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
  );
  return new RegExp(`^${regex}$`, 'su').test(schema);
}
