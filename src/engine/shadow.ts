import { type PlannedTask, SternaError } from '../contract/index.js';
import {
  fingerprint,
  quoteName,
  quoteTable,
  readDefinition,
  type Session,
  splitDefinition,
  withoutQuoted,
} from '../mysql/index.js';
import type { Driver } from './driver.js';
import { Interrupted } from './driver.js';
import { oldName, shadowName } from './names.js';
import { paceOf } from './volume.js';

/** Below it, building an index later costs more than maintaining it. */
const DEFER_ABOVE_ROWS = 20_000;
/**
 * Of one index, by a replica that builds it in one statement. Cautious: the source, on two cores, made 1.5 million a second
 * of integers.
 */
const BUILT_ENTRIES_PER_SECOND = 300_000;
/** Of the lag that replicas may have: some of it may be there already. */
const SHARE_OF_LAG = 0.5;
const FLUSH_WHILE_BUILDING_KEYS = 20_000;
/** Of the server's log of what changes during a build (`innodb_online_alter_log_max_size`), which ends it when it is full. */
const SHARE_OF_BUILD_LOG = 0.5;

/** Creates the empty shadow with exactly the planned definition; removes one that this change left half made. */
export async function createShadow(
  driver: Driver,
  session: Session,
  namespace: string,
  task: PlannedTask,
): Promise<void> {
  const shadow = quoteTable(namespace, shadowName(task.table));
  await driver.runDdl(session, `DROP TABLE IF EXISTS ${shadow}`);
  await driver.runDdl(session, `CREATE TABLE ${shadow} LIKE ${quoteTable(namespace, task.table)}`);
  for (const statement of task.statements) await driver.runDdl(session, redirect(statement, task.table, shadow));
  await assertDefinition(session, namespace, task);
}

/** P1: the planned statement to the letter, directed at the shadow. */
export function redirect(statement: string, table: string, shadow: string): string {
  const prefix = `ALTER TABLE ${quoteName(table)} `;
  if (!statement.startsWith(prefix))
    throw new SternaError(
      'internal',
      `Expected a planned statement to start with "${prefix}", got "${statement.slice(0, 80)}".`,
    );
  return `ALTER TABLE ${shadow} ${statement.slice(prefix.length)}`;
}

/** The shadow is, to the letter, what was planned and verified (P4). */
export async function assertDefinition(session: Session, namespace: string, task: PlannedTask): Promise<void> {
  const definition = await readDefinition(session, namespace, shadowName(task.table));
  if (definition === null || fingerprint(definition, task.table) !== task.desiredFingerprint) {
    throw new SternaError(
      'drifted',
      `Expected the shadow of ${task.id} to have the planned definition, found another one: ${definition ?? 'no table'}. The original is untouched; plan again.`,
    );
  }
}

/** Names that the change needs must be free: a table that it did not make is somebody's. */
export async function assertNamesFree(session: Session, namespace: string, table: string): Promise<void> {
  const rows = await session.query<{ name: string }>(
    'SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME IN (?, ?)',
    [namespace, shadowName(table), oldName(table)],
  );
  if (rows.length > 0) {
    throw new SternaError(
      'leftovers_found',
      `Expected the names ${shadowName(table)} and ${oldName(table)} to be free, found ${rows.map((row) => row.name).join(' and ')}. If no change owns it, remove it and plan again.`,
    );
  }
}

/**
 * The plain secondary indexes of the empty shadow that are taken off it: adding them after the copy is far cheaper than
 * maintaining them row by row. A replica applies the later ALTER as one statement and lags by as long as it takes: where
 * replicas are attached, only if that is well within the lag that they may have. `key`: columns by which rows are found.
 */
export async function indexesToDefer(
  session: Session,
  namespace: string,
  task: PlannedTask,
  key: readonly string[],
  replicaLagSeconds: number,
): Promise<string[]> {
  if (task.estimatedRows < DEFER_ABOVE_ROWS) return [];
  const definition = await readDefinition(session, namespace, shadowName(task.table));
  const indexes = definition === null ? [] : deferrableIndexes(definition, key);
  if ((await session.query('SHOW REPLICAS')).length === 0) return indexes;
  const seconds = (indexes.length * task.estimatedRows) / BUILT_ENTRIES_PER_SECOND;
  return seconds <= SHARE_OF_LAG * replicaLagSeconds ? indexes : [];
}

export async function dropIndexes(
  driver: Driver,
  session: Session,
  namespace: string,
  table: string,
  definitions: readonly string[],
): Promise<void> {
  if (definitions.length === 0) return;
  await driver.runDdl(
    session,
    `ALTER TABLE ${quoteTable(namespace, shadowName(table))} ${definitions.map((definition) => `DROP ${indexHead(definition)}`).join(', ')}`,
  );
}

const CHECK = /^CONSTRAINT `(?:[^`]|``)+` CHECK /;

/**
 * The plain indexes at the end of the list. Those that have to be there from the start stay, and so do those before them:
 * the order of indexes is part of the definition. One is that on the auto-increment column, another the only one by which
 * rows are found by their key; and one over an expression, which the server adds to no table that is being written. None of
 * a table with CHECK constraints: the server writes new ones otherwise after each ALTER, and the table would look changed.
 */
export function deferrableIndexes(showCreate: string, key: readonly string[]): string[] {
  const lines = itemsOf(showCreate);
  if (lines.some((line) => CHECK.test(line))) return [];
  const autoIncrement = lines
    .map((line) => /^(`(?:[^`]|``)+`) .* AUTO_INCREMENT\b/s.exec(line)?.[1])
    .find((name) => name !== undefined);
  const list = key.map(quoteName).join(',').toLowerCase();
  const finds = (line: string): boolean =>
    /^(PRIMARY |UNIQUE )?KEY /.test(line) &&
    !/\*!80000 INVISIBLE /.test(line) &&
    new RegExp(`\\(${escaped(list)}[,)]`).test(line.replaceAll(' DESC', '').toLowerCase());
  const finder = lines.find(finds);
  const plain = lines.filter((line) => line.startsWith('KEY `'));
  const lastKept = plain.findLastIndex(
    (line) =>
      line === finder || isFunctional(line) || (autoIncrement !== undefined && line.includes(`(${autoIncrement}`)),
  );
  const later = lines.some((line) => /^(FULLTEXT|SPATIAL) KEY /.test(line));
  return later ? [] : plain.slice(lastKept + 1);
}

function itemsOf(showCreate: string): string[] {
  return splitDefinition(showCreate).lines.map((line) => line.trim().replace(/,$/, ''));
}

/** Any part of it is an expression, which stands in parentheses. */
function isFunctional(index: string): boolean {
  return /[(,]\(/.test(withoutQuoted(index));
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function indexHead(definition: string): string {
  return /^KEY `(?:[^`]|``)+`/.exec(definition)?.[0] ?? '';
}

async function missingIndexes(
  session: Session,
  namespace: string,
  { table }: PlannedTask,
  definitions: readonly string[],
): Promise<string[]> {
  const present = await readDefinition(session, namespace, shadowName(table));
  const items = new Set(present === null ? [] : itemsOf(present));
  return definitions.filter((definition) => !items.has(definition));
}

/** Adds the deferred indexes in one statement, while captured keys go on being flushed. */
export async function buildIndexes(
  driver: Driver,
  namespace: string,
  task: PlannedTask,
  definitions: readonly string[],
  onTick: () => void,
): Promise<void> {
  const missing = await missingIndexes(driver.main, namespace, task, definitions);
  if (missing.length > 0) {
    const threads = paceOf(driver.control.volume).connections;
    await using session = await driver.session({
      lock_wait_timeout: 30,
      innodb_ddl_threads: threads,
      innodb_parallel_read_threads: threads,
      innodb_ddl_buffer_size: 64 * 1024 * 1024,
    });
    const stop = new AbortController();
    const alter = driver
      .runDdl(
        session,
        `ALTER TABLE ${quoteTable(namespace, shadowName(task.table))} ${missing.map((definition) => `ADD ${definition}`).join(', ')}, ALGORITHM=INPLACE, LOCK=NONE`,
        { signal: AbortSignal.any([stop.signal, driver.context.signal]) },
      )
      .then(() => 'built' as const);
    let room = await roomInBuildLog(driver, task);
    let failure: unknown;
    alter.catch((error: unknown) => (failure = error)); // awaited below; a rejection before that is not unhandled
    try {
      for (;;) {
        const state = await Promise.race([alter, driver.pause(100).then(() => 'building' as const)]);
        if (state === 'built') break;
        await driver.checkpoint();
        onTick();
        // What does not fit waits until the indexes are there; the stream waits with it when it has to.
        const keys = driver.pendingKeys;
        if (keys <= FLUSH_WHILE_BUILDING_KEYS || keys > room) continue;
        room -= keys;
        await driver.save(await driver.flush(driver.main));
      }
    } catch (error) {
      stop.abort(new Interrupted('stopped'));
      await alter.catch(() => undefined); // rolled back by the server; the error above is the one that counts
      if (error !== failure || !(error instanceof SternaError) || error.code !== 'sql_error') throw error;
      // A driver that was ended may have finished its statement all the same.
      if ((await missingIndexes(driver.main, namespace, task, definitions)).length > 0) throw error;
    }
  }
  await assertDefinition(driver.main, namespace, task);
}

/** How many rows may be replaced during a build: for each, an index logs a deletion and an insertion, no longer than the row. */
async function roomInBuildLog(driver: Driver, { estimatedBytes, estimatedRows }: PlannedTask): Promise<number> {
  const [row] = await driver.main.query<{ size: number | string }>(
    'SELECT @@GLOBAL.innodb_online_alter_log_max_size AS size',
  );
  const rowBytes = Math.max(estimatedBytes / Math.max(estimatedRows, 1), 100);
  return Math.floor((Number(row?.size ?? 0) * SHARE_OF_BUILD_LOG) / (2 * rowBytes));
}
