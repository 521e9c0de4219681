import { SternaError } from '../contract/index.js';
import { quoteTable, serverErrorNumber, type Session } from '../mysql/index.js';
import { stateTableName } from './names.js';
import { type KeptPlan, STATE_COMMENT, StateTable, type TableRecord } from './state-table.js';

/** ER_NO_SUCH_TABLE, ER_BAD_DB_ERROR: its change has ended since it was listed, or its schema was dropped. */
const GONE: ReadonlySet<number | undefined> = new Set([1146, 1049]);

/** The state table of some change, read without claiming it. */
export interface FoundState {
  readonly namespace: string;
  /** Of the state table. */
  readonly name: string;
  /** Absent where a crash came between the table and its rows: nothing else was made then. */
  readonly change?: {
    readonly id: string;
    readonly planHash: string;
    readonly records: readonly TableRecord[];
    readonly kept: KeptPlan | null;
    /** Since anything of it was written, by the clock of the server. */
    readonly untouchedSeconds: number;
  };
}

/** Every state table that this user can see. Tables that only look like one are left out. */
export async function findStates(session: Session): Promise<FoundState[]> {
  const listed = await session.query<{ namespace: string; name: string }>(
    `SELECT TABLE_SCHEMA AS namespace, TABLE_NAME AS name FROM information_schema.TABLES
      WHERE TABLE_NAME LIKE '\\\\_sterna\\\\_%' AND TABLE_COMMENT = ? ORDER BY TABLE_SCHEMA, TABLE_NAME`,
    [STATE_COMMENT],
  );
  const found: FoundState[] = [];
  for (const { namespace, name } of listed) {
    try {
      const state = await readState(session, namespace, name);
      if (state !== undefined) found.push(state);
    } catch (error) {
      const unseen = error instanceof SternaError && error.code === 'missing_privilege'; // somebody else's
      if (!unseen && !GONE.has(serverErrorNumber(error))) throw error;
    }
  }
  return found;
}

async function readState(session: Session, namespace: string, name: string): Promise<FoundState | undefined> {
  const [driver] = await session.query<{ id: string; planHash: string; seconds: number }>(
    `SELECT change_id AS id, plan_hash AS planHash,
            (SELECT TIMESTAMPDIFF(SECOND, MAX(updated_at), NOW()) FROM ${quoteTable(namespace, name)}) AS seconds
       FROM ${quoteTable(namespace, name)} WHERE id = 'driver'`,
  );
  if (driver === undefined) return { namespace, name };
  if (stateTableName(driver.id) !== name) return undefined;
  const state = new StateTable(driver.id, namespace);
  const { id, planHash, seconds } = driver;
  return {
    namespace,
    name,
    change: {
      id,
      planHash,
      records: await state.readTables(session),
      kept: await state.readKeptPlan(session),
      untouchedSeconds: Number(seconds),
    },
  };
}

/** E1: no table has two changes, whoever drives them. */
export async function assertNoOtherChange(
  session: Session,
  changeId: string,
  { id, namespace, table }: { readonly id: string; readonly namespace: string; readonly table: string },
): Promise<void> {
  for (const { change } of await findStates(session)) {
    if (change === undefined || change.id === changeId) continue;
    if (!change.records.some((record) => record.namespace === namespace && record.table === table)) continue;
    throw new SternaError(
      'target_held',
      `Expected ${id} to be in no other change, found it in ${change.id}. Wait until that has ended, or cancel it; \`sterna doctor\` tells whether it still lives.`,
    );
  }
}
