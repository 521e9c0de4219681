import { type PlannedTask, SternaError } from '../contract/index.js';
import { fingerprint, readDefinition, type Session } from '../mysql/index.js';
import type { Driver } from './driver.js';
import { assertNoOtherChange } from './found-states.js';
import { tableLockName } from './names.js';
import { assertNamesFree, createShadow, dropIndexes, indexesToDefer } from './shadow.js';
import type { TableRecord } from './state-table.js';
import { readTableShape } from './table-shape.js';
import { withUserLock } from './user-lock.js';

export interface PhysicalTask {
  readonly task: PlannedTask;
  /** Physical MySQL schema. */
  readonly namespace: string;
}

/** Makes the shadows and takes the position from which changes are captured. May be run again at any point. */
export async function prepareTables(
  driver: Driver,
  tasks: readonly PhysicalTask[],
  ddl: (namespace: string) => Promise<Session>,
  replicaLagSeconds: number,
): Promise<void> {
  const records = await driver.state.readTables(driver.main);
  const fresh: TableRecord[] = [];
  for (const { task, namespace } of tasks) {
    await driver.checkpoint();
    let record = records.find((each) => each.taskId === task.id);
    if (record !== undefined && record.phase !== 'preparing') continue;
    await assertNotDrifted(driver.main, namespace, task);
    record ??= await takeTable(driver, task, namespace);
    driver.context.progress({
      table: task.id,
      phase: 'preparing',
      rows: 0,
      of: task.estimatedRows,
      percent: 0,
      rowsPerSecond: 0,
    });
    await using session = await ddl(namespace);
    await createShadow(driver, session, namespace, task);
    const { rows } = await readTableShape(session, namespace, task);
    const deferredIndexes = await indexesToDefer(session, namespace, task, rows.keyInShadow, replicaLagSeconds);
    await dropIndexes(driver, session, namespace, task.table, deferredIndexes);
    fresh.push({ ...record, deferredIndexes });
  }
  if (fresh.length === 0) return;
  // Tables that are being followed already keep the position; otherwise it starts here.
  const followed = records.some((record) => record.phase !== 'swapped' && record.phase !== 'preparing');
  const position = followed && driver.position !== null ? driver.position : await driver.history.now(driver.main);
  await awaitPreparedTransactions(driver, fresh[0]?.taskId ?? '');
  // After the position: what comes later is seen in the stream.
  for (const { taskId, namespace, table } of fresh) await assertAlone(driver.main, taskId, namespace, table);
  await driver.save(
    { keys: new Map(), fence: '', position },
    Object.fromEntries(
      fresh.map((record) => [record.taskId, { phase: 'copying' as const, deferredIndexes: record.deferredIndexes }]),
    ),
  );
}

/**
 * Looks at the table and takes it under one lock, so that of two changes that come at the same moment only one has it
 * (E1). The record comes before the shadow, so that whatever exists is known to be ours (E7).
 */
async function takeTable(driver: Driver, task: PlannedTask, namespace: string): Promise<TableRecord> {
  const { id, table } = task;
  const record: TableRecord = {
    taskId: id,
    namespace,
    table,
    phase: 'preparing',
    originalFingerprint: task.liveFingerprint ?? '',
    desiredFingerprint: task.desiredFingerprint ?? '',
    deferredIndexes: [],
    rowsCopied: 0,
    rowsRepaired: 0,
    swapIntended: false,
  };
  const held = `Expected no other change to be looking at ${id}, one is.`;
  await withUserLock(driver.main, tableLockName(namespace, table), held, async () => {
    await assertNoOtherChange(driver.main, driver.step.changeId, { id, namespace, table });
    await assertNamesFree(driver.main, namespace, table);
    await driver.write(driver.main, () => driver.state.insertTable(driver.main, record));
  });
  return record;
}

/** P1: what runs was planned for this table, as it is. */
export async function assertNotDrifted(session: Session, namespace: string, task: PlannedTask): Promise<void> {
  const definition = await readDefinition(session, namespace, task.table);
  if (definition !== null && fingerprint(definition) === task.liveFingerprint) return;
  throw new SternaError(
    'drifted',
    `Expected ${task.id} as it was when planned, found ${definition === null ? 'no such table' : 'another definition'}. Nothing was changed; plan again.`,
  );
}

/** P3: nothing has been tied to the table since it was planned. Its definition does not tell of triggers and of children. */
async function assertAlone(session: Session, taskId: string, namespace: string, table: string): Promise<void> {
  const ties = await session.query<{ what: string }>(
    `SELECT CONCAT('trigger ', TRIGGER_NAME) AS what FROM information_schema.TRIGGERS
      WHERE EVENT_OBJECT_SCHEMA = ? AND EVENT_OBJECT_TABLE = ?
     UNION ALL
     SELECT CONCAT('foreign key ', CONSTRAINT_NAME, ' of ', CONSTRAINT_SCHEMA, '.', TABLE_NAME)
       FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE UNIQUE_CONSTRAINT_SCHEMA = ? AND REFERENCED_TABLE_NAME = ?`,
    [namespace, table, namespace, table],
  );
  if (ties.length === 0) return;
  throw new SternaError(
    'drifted',
    `Expected ${taskId} as it was when planned, found ${ties.map(({ what }) => what).join(', ')}, which the swap would leave on the old table. Nothing was changed; remove it and plan again.`,
  );
}

/**
 * The rows of an XA transaction that was prepared before the position are in no event to come, and become
 * visible only with its commit. So copying starts when those that were prepared by then have ended (E2).
 */
async function awaitPreparedTransactions(driver: Driver, table: string): Promise<void> {
  let first: Set<string> | undefined;
  for (;;) {
    const now = await preparedTransactions(driver.main);
    first ??= now;
    const left = [...first].filter((xid) => now.has(xid));
    if (left.length === 0) return;
    await driver.checkpoint();
    driver.context.progress({
      table,
      phase: 'preparing',
      rows: 0,
      of: 0,
      percent: 0,
      rowsPerSecond: 0,
      waitingFor: `${left.length} prepared XA transactions; commit or roll them back`,
    });
    await driver.pause(200);
  }
}

async function preparedTransactions(session: Session): Promise<Set<string>> {
  try {
    const rows = await session.query<{ formatID: number; gtrid_length: number; bqual_length: number; data: string }>(
      'XA RECOVER CONVERT XID',
    );
    return new Set(rows.map((row) => `${row.formatID}:${row.gtrid_length}:${row.bqual_length}:${row.data}`));
  } catch (error) {
    if (error instanceof SternaError && (error.code === 'missing_privilege' || error.code === 'sql_error')) {
      throw new SternaError(
        'missing_privilege',
        `Expected to be allowed to list prepared XA transactions, the server refuses. GRANT XA_RECOVER_ADMIN ON *.* to the user of this target.`,
        { cause: error },
      );
    }
    throw error;
  }
}
