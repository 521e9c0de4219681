import type { Finding } from '../contract/index.js';
import { type MysqlServer, OLDEST_VERSION, type Session, versionHas } from '../mysql/index.js';
import { differingSettings } from './canonical-forms.js';
import { openSession } from './planning.js';
import { holdsNothing, isFree, listScratchSchemas } from './scratch-schema.js';
import {
  binlogMisfits,
  describeMisfit,
  holds,
  missingGrants,
  missingOnScratch,
  readGrants,
  readSettings,
  SCRATCH_GRANT,
} from './server-conditions.js';

const DAY_SECONDS = 86_400;
const PACKET_BYTES = 64 * 1024 * 1024;
const SYSTEM_SCHEMAS = ['mysql', 'sys', 'information_schema', 'performance_schema'];

/** What a server lacks for planning and copies. */
export interface Examination {
  readonly findings: readonly Finding[];
  /** MySQL schemas that were looked at, and that exist. */
  readonly schemas: readonly string[];
}

/**
 * Everything that planning and copies need of a server, looked at in one go.
 *
 * @param wanted MySQL schemas; absent: those in which this user may do anything
 */
export async function examineServer(
  server: MysqlServer,
  wanted: readonly string[] | undefined,
  workspace?: MysqlServer,
): Promise<Examination> {
  await using session = await openSession(server);
  await using other = workspace === undefined ? undefined : await openSession(workspace);
  const scratch = other ?? session;
  const settings = await readSettings(session);
  const grants = await readGrants(session);
  const seen = await schemasOf(session);
  const schemas = wanted?.filter((name) => seen.includes(name)) ?? seen.filter((name) => mayUse(grants, name));
  const user = await userOf(session);
  const findings = [
    ...versionFindings(settings.version),
    ...(await writerFindings(session)),
    ...schemaFindings(wanted, seen, user),
    ...(other === undefined ? [] : await unlikeFindings(session, other)),
    ...(missingOnScratch(await readGrants(scratch)).length > 0 ? [planningFinding(await userOf(scratch))] : []),
    ...privilegeFindings(grants, schemas, user, await hasSleepingRoles(session, grants)),
    ...binlogMisfits(settings).map((misfit): Finding => ({
      code: 'binlog-setting',
      level: 'problem',
      message: `${describeMisfit(misfit)}${misfit.advice === undefined ? '' : ` ${misfit.advice}.`} Sessions that are open keep the old value.`,
      run: misfit.run,
    })),
    ...limitFindings(await readLimits(session)),
    ...(await workspaceFindings(scratch)),
  ];
  return { findings, schemas };
}

/** Of MySQL, and not older than what is served. */
export function versionFindings(version: string): Finding[] {
  if (versionHas(version, 'anything')) return [];
  const message = `Expected MySQL ${OLDEST_VERSION} or later, found ${version}. Use a server that fits.`;
  return [{ code: 'server-version', level: 'problem', message, run: [] }];
}

async function writerFindings(session: Session): Promise<Finding[]> {
  const [row] = await session.query<{ readOnly: number }>(
    'SELECT (@@GLOBAL.read_only OR @@GLOBAL.super_read_only OR @@GLOBAL.innodb_read_only) AS readOnly',
  );
  if (Number(row?.readOnly) === 0) return [];
  const message =
    'Expected the writer of this target, found a read-only server. Point the inventory entry at the writer.';
  return [{ code: 'read-only', level: 'problem', message, run: [] }];
}

function schemaFindings(wanted: readonly string[] | undefined, seen: readonly string[], user: string): Finding[] {
  return (wanted ?? [])
    .filter((name) => !seen.includes(name))
    .map((name) => ({
      code: 'schema-unknown',
      level: 'problem',
      message: `Expected schema ${name} on the server, found none that this user may see. Create it, correct the inventory entry, or grant the user what it needs there.`,
      run: missingGrants([], name, true)
        .slice(0, 1)
        .map((grant) => `${grant} TO ${user}`),
    }));
}

function planningFinding(user: string): Finding {
  return {
    code: 'workspace-privileges',
    level: 'problem',
    message: 'Expected the user to be allowed scratch schemas for planning, it is not.',
    run: [`${SCRATCH_GRANT} TO ${user}`],
  };
}

async function unlikeFindings(session: Session, workspace: Session): Promise<Finding[]> {
  const differing = await differingSettings(session, workspace);
  if (differing.length === 0) return [];
  const message = `Expected the workspace server to be like the target, they differ in ${differing.join(', ')}. Make them alike, or leave the workspace out of the inventory.`;
  return [{ code: 'workspace-unlike', level: 'problem', message, run: [] }];
}

/** What is granted on nothing in particular comes once, whichever schema needs it. */
function privilegeFindings(
  grants: readonly string[],
  schemas: readonly string[],
  user: string,
  sleepingRoles: boolean,
): Finding[] {
  const to = (grant: string): string => `${grant} TO ${user}`;
  const needed = [...new Set(schemas.flatMap((schema) => missingGrants(grants, schema, true)))];
  const optional = [
    ...(holds(grants, 'SELECT', 'performance_schema') ? [] : ['GRANT SELECT ON performance_schema.*']),
    ...(holds(grants, 'SESSION_VARIABLES_ADMIN', null) ? [] : ['GRANT SESSION_VARIABLES_ADMIN ON *.*']),
  ];
  const findings: Finding[] = [];
  if (schemas.length === 0)
    findings.push({
      code: 'no-schema',
      level: 'problem',
      message:
        'Expected a schema that this user may change, found none. Name one with --namespace, and grant what is then said.',
      run: [],
    });
  if (needed.length > 0)
    findings.push({
      code: 'privileges',
      level: 'problem',
      message: 'Expected the user to hold what changes need, copies included; it lacks some of it.',
      run: needed.map(to),
    });
  if (optional.length > 0)
    findings.push({
      code: 'optional-privileges',
      level: 'note',
      message: 'Without them, nobody is told who holds a lock, or chunks have at most 1,024 rows.',
      run: optional.map(to),
    });
  if (sleepingRoles && missingOnScratch(grants).length + needed.length > 0)
    findings.push({
      code: 'roles',
      level: 'note',
      message: 'The user has roles that are not active when it connects; what is missing may be in one of them.',
      run: [`SET DEFAULT ROLE ALL TO ${user}`],
    });
  return findings;
}

interface Limits {
  /** 0: binlogs are kept for ever. */
  readonly retentionSeconds: number;
  readonly packetBytes: number;
}

async function readLimits(session: Session): Promise<Limits> {
  const [row] = await session.query<{ seconds: number | string; packet: number | string }>(
    'SELECT @@GLOBAL.binlog_expire_logs_seconds AS seconds, @@GLOBAL.max_allowed_packet AS packet',
  );
  return { retentionSeconds: Number(row?.seconds ?? 0), packetBytes: Number(row?.packet ?? 0) };
}

export function limitFindings({ retentionSeconds, packetBytes }: Limits): Finding[] {
  const findings: Finding[] = [];
  if (retentionSeconds > 0 && retentionSeconds < DAY_SECONDS)
    findings.push({
      code: 'binlog-retention',
      level: 'note',
      message: `Binlogs are kept for ${retentionSeconds} seconds: a change that stays stopped for longer cannot be resumed.`,
      run: [`SET PERSIST binlog_expire_logs_seconds = ${3 * DAY_SECONDS}`],
    });
  if (packetBytes < PACKET_BYTES)
    findings.push({
      code: 'packet-size',
      level: 'note',
      message: `max_allowed_packet is ${packetBytes} bytes: rows with values of about that size cannot be compared, and end their change.`,
      run: [`SET PERSIST max_allowed_packet = ${PACKET_BYTES}`],
    });
  return findings;
}

async function workspaceFindings(session: Session): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const name of await listScratchSchemas(session)) {
    if (!(await isFree(session, name))) continue; // a planner is at work
    const isEmpty = await holdsNothing(session, name);
    findings.push({
      code: 'workspace',
      level: 'note',
      message: isEmpty
        ? `Scratch schema ${name} was left by a planner that was killed. The next plan removes it.`
        : `Schema ${name} is named like a scratch schema, and holds more than empty tables: somebody else uses it. No plan removes it.`,
      run: isEmpty ? [`DROP DATABASE \`${name}\``] : [],
    });
  }
  return findings;
}

async function schemasOf(session: Session): Promise<string[]> {
  const rows = await session.query<{ name: string }>('SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA');
  const own = new Set(await listScratchSchemas(session));
  return rows.map(({ name }) => name).filter((name) => !SYSTEM_SCHEMAS.includes(name) && !own.has(name));
}

function mayUse(grants: readonly string[], schema: string): boolean {
  return ['INSERT', 'UPDATE', 'DELETE', 'CREATE', 'DROP', 'ALTER'].some((privilege) =>
    holds(grants, privilege, schema),
  );
}

/** Roles that are granted, as lines without an ON, and not active. */
async function hasSleepingRoles(session: Session, grants: readonly string[]): Promise<boolean> {
  const [row] = await session.query<{ active: string }>('SELECT CURRENT_ROLE() AS active');
  const granted = grants.flatMap(
    (line) => /^GRANT (`[^ ]+`@`[^ ]+`(?:,`[^ ]+`@`[^ ]+`)*) TO /.exec(line)?.[1]?.split(',') ?? [],
  );
  const active = new Set(row?.active.split(','));
  return granted.some((role) => !active.has(role));
}

/** As a GRANT takes it. Shown to whoever asks on this machine, and to nobody else (R2). */
async function userOf(session: Session): Promise<string> {
  const [row] = await session.query<{ user: string; host: string }>(
    "SELECT QUOTE(SUBSTRING_INDEX(CURRENT_USER(), '@', 1)) AS user, QUOTE(SUBSTRING_INDEX(CURRENT_USER(), '@', -1)) AS host",
  );
  return `${row?.user}@${row?.host}`;
}
