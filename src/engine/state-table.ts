import { type Control, type ControlInput, type Plan, SternaError } from '../contract/index.js';
import { quoteName, quoteTable, type Session } from '../mysql/index.js';
import type { KeyLiterals } from './key.js';
import { stateTableName } from './names.js';
import { withUserLock } from './user-lock.js';

/** How far a table of the change has come. Later phases never go back to earlier ones, but for a repaired pass. */
export type TablePhase = 'preparing' | 'copying' | 'indexing' | 'verifying' | 'verified' | 'swapped' | 'reverted';

/** The row of one table in the state table. */
export interface TableRecord {
  readonly taskId: string;
  readonly namespace: string;
  readonly table: string;
  readonly phase: TablePhase;
  readonly originalFingerprint: string;
  readonly desiredFingerprint: string;
  /** All keys below it are in the shadow; absent before the first round. JSON_MERGE_PATCH drops nulls. */
  readonly watermark?: KeyLiterals | null;
  /** All keys below it have been compared equal. */
  readonly checked?: KeyLiterals | null;
  /** Index definitions to add after the copy. */
  readonly deferredIndexes: readonly string[];
  readonly rowsCopied: number;
  readonly rowsRepaired: number;
  /** Set before the first RENAME is tried, so that a lost connection can be decided from the target (E5). */
  readonly swapIntended: boolean;
  /** The same for the RENAME back. */
  readonly revertIntended?: boolean;
  /** The position is past the RENAME of the swap, from where the new table's changes are followed. */
  readonly followed?: boolean;
}

export type TableUpdate = Partial<Omit<TableRecord, 'taskId' | 'namespace' | 'table'>>;

/** Epoch and position of the change. */
export interface DriverRecord {
  readonly epoch: number;
  /** Up to here every captured key has been flushed (`History`); null before the first table is prepared. */
  readonly position: string | null;
}

/** The plan of a change that no workflow keeps, and the command that goes on with it. */
export interface KeptPlan {
  readonly plan: Plan;
  readonly resume: string;
}

/** How often the control row is read at most, in milliseconds. */
export const CONTROL_INTERVAL_MS = 100;

export const STATE_COMMENT = 'State of a Sterna schema change';

/**
 * The state of a change on its target (E4): a small table next to the first changed table. Every method
 * is one statement or part of the caller's transaction.
 */
export class StateTable {
  private readonly name: string;
  constructor(
    private readonly changeId: string,
    /** Physical MySQL schema. */
    private readonly namespace: string,
  ) {
    this.name = stateTableName(changeId);
  }

  /** Qualified and quoted, for LOCK TABLES and joins. */
  get sql(): string {
    return quoteTable(this.namespace, this.name);
  }

  /**
   * Creates the table and its fixed rows; safe to run twice, and from two places at once.
   *
   * @param confirm throws when the work of whoever asks is not wanted any more: a worker that was frozen must not bring
   * a change back that has ended. Asked when the table is there, so that no end can come between the answer and a claim.
   */
  async ensure(
    session: Session,
    input: Pick<ControlInput, 'planHash' | 'control' | 'begun'>,
    confirm: () => Promise<void>,
    kept?: KeptPlan,
  ): Promise<void> {
    const isNew = await this.#create(session, input, kept);
    try {
      await confirm();
    } catch (error) {
      if (isNew) await this.#dropUnclaimed(session);
      throw error;
    }
    // A control that came while no step ran reaches the target with the next step.
    await this.writeControl(session, input.control);
    const [driver] = await session.query<{ change_id: string; plan_hash: string }>(
      `SELECT change_id, plan_hash FROM ${this.sql} WHERE id = 'driver'`,
    );
    if (driver?.change_id !== this.changeId || driver.plan_hash !== input.planHash) {
      throw new SternaError(
        'leftovers_found',
        `Expected the state table ${this.sql} to belong to change ${this.changeId} and plan ${input.planHash.slice(0, 12)}, found change ${driver?.change_id} and plan ${driver?.plan_hash.slice(0, 12)}. Remove it if no change owns it.`,
      );
    }
  }

  /** False when it was there. */
  async #create(
    session: Session,
    { planHash, control, begun = false }: Pick<ControlInput, 'planHash' | 'control' | 'begun'>,
    kept: KeptPlan | undefined,
  ): Promise<boolean> {
    // A CREATE that creates nothing waits for a backup lock all the same, and a stop must not (C1).
    const exists = await this.exists(session);
    if (begun && !exists) throw this.gone();
    const { warnings } = exists
      ? { warnings: 1 }
      : await session.execute(
          `CREATE TABLE IF NOT EXISTS ${this.sql} (
         id VARCHAR(160) NOT NULL PRIMARY KEY,
         change_id VARCHAR(255) NOT NULL,
         epoch BIGINT UNSIGNED NOT NULL DEFAULT 0,
         plan_hash CHAR(64) NULL,
         position LONGTEXT NULL,
         sequence BIGINT UNSIGNED NOT NULL DEFAULT 0,
         run VARCHAR(8) NULL,
         volume TINYINT UNSIGNED NULL,
         cutover BOOLEAN NOT NULL DEFAULT FALSE,
         record JSON NULL,
         updated_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3)
       ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='${STATE_COMMENT}'`,
        );
    await session.execute(
      `INSERT IGNORE INTO ${this.sql} (id, change_id, plan_hash, record, sequence, run, volume, cutover) VALUES
         ('driver', ?, ?, ?, 0, NULL, NULL, FALSE), ('marker', ?, NULL, NULL, 0, NULL, NULL, FALSE),
         ('control', ?, NULL, NULL, ?, ?, ?, ?)`,
      [
        this.changeId,
        planHash,
        kept === undefined ? null : JSON.stringify(kept),
        this.changeId,
        this.changeId,
        control.sequence,
        control.run,
        control.volume,
        control.cutover,
      ],
    );
    return warnings === 0; // that it exists is a note
  }

  async #dropUnclaimed(session: Session): Promise<void> {
    await this.exclusively(session, async () => {
      const [row] = await session.query<{ epoch: number | string }>(
        `SELECT epoch FROM ${this.sql} WHERE id = 'driver'`,
      );
      if (Number(row?.epoch) === 0) await session.execute(`DROP TABLE ${this.sql}`);
    });
  }

  async exists(session: Session): Promise<boolean> {
    const rows = await session.query(
      'SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?',
      [this.namespace, this.name],
    );
    return rows.length > 0;
  }

  /**
   * Held around a claim and around every statement that commits by itself: none of an earlier driver is under way when
   * a claim returns, and none comes after it (E1). A row lock would not do, since DDL gives it up.
   */
  async exclusively<T>(session: Session, work: () => Promise<T>): Promise<T> {
    const held = `Expected no statement of an earlier driver of change ${this.changeId} to be running, one still is.`;
    return withUserLock(session, this.name, held, work);
  }

  /** Takes over from any earlier driver (E1): waits for its transactions in flight, and refuses all later ones. */
  async claim(session: Session): Promise<DriverRecord> {
    return this.exclusively(session, () => this.#claim(session));
  }

  async #claim(session: Session): Promise<DriverRecord> {
    return session.transaction(async () => {
      // The time stays that of the position: see `positionSavedAt`.
      await session.execute(`UPDATE ${this.sql} SET epoch = epoch + 1, updated_at = updated_at WHERE id = 'driver'`);
      const [row] = await session.query<{ epoch: number | string; position: string | null }>(
        `SELECT epoch, position FROM ${this.sql} WHERE id = 'driver'`,
      );
      if (row === undefined) throw this.gone();
      return { epoch: Number(row.epoch), position: row.position };
    });
  }

  /** First statement of every writing transaction (E1). */
  async assertEpoch(session: Session, epoch: number): Promise<void> {
    const rows = await session.query(`SELECT 1 FROM ${this.sql} WHERE id = 'driver' AND epoch = ? FOR SHARE`, [epoch]);
    if (rows.length === 0)
      throw new SternaError(
        'driver_replaced',
        `Another driver has claimed change ${this.changeId}; this one, of epoch ${epoch}, writes nothing more.`,
      );
  }

  /** The same where every claim has to wait: under LOCK TABLES, and within `exclusively`. */
  async assertEpochLocked(session: Session, epoch: number): Promise<void> {
    const [row] = await session.query<{ epoch: number | string }>(`SELECT epoch FROM ${this.sql} WHERE id = 'driver'`);
    if (Number(row?.epoch) !== epoch)
      throw new SternaError(
        'driver_replaced',
        `Another driver has claimed change ${this.changeId}; this one, of epoch ${epoch}, changes nothing more.`,
      );
  }

  /** When the position was moved last, in milliseconds; undefined while there is none. */
  async positionSavedAt(session: Session): Promise<number | undefined> {
    const [row] = await session.query<{ at: number | string }>(
      `SELECT UNIX_TIMESTAMP(updated_at) AS at FROM ${this.sql} WHERE id = 'driver' AND position IS NOT NULL`,
    );
    return row === undefined ? undefined : Number(row.at) * 1_000;
  }

  async savePosition(session: Session, position: string): Promise<void> {
    await session.execute(`UPDATE ${this.sql} SET position = ? WHERE id = 'driver'`, [position]);
  }

  /** A change of no meaning, in a row of its own, for the sake of its place in the binlog. */
  async writeMarker(session: Session): Promise<void> {
    const { affectedRows } = await session.execute(
      `UPDATE ${this.sql} SET sequence = sequence + 1 WHERE id = 'marker'`,
    );
    if (affectedRows !== 1) throw this.gone();
  }

  async readTables(session: Session): Promise<TableRecord[]> {
    const rows = await session.query<{ record: unknown }>(
      `SELECT record FROM ${this.sql} WHERE id LIKE 'table:%' ORDER BY id`,
    );
    return rows.map(({ record }) => fromJson(record) as TableRecord);
  }

  /** Null where a workflow keeps the plan. Throws where there is no state table. */
  async readKeptPlan(session: Session): Promise<KeptPlan | null> {
    const [row] = await session.query<{ record: unknown }>(
      `SELECT record FROM ${this.sql} WHERE id = 'driver' AND record IS NOT NULL`,
    );
    return row === undefined ? null : (fromJson(row.record) as KeptPlan);
  }

  async insertTable(session: Session, record: TableRecord): Promise<void> {
    await session.execute(`INSERT INTO ${this.sql} (id, change_id, record) VALUES (?, ?, ?)`, [
      rowId(record.taskId),
      this.changeId,
      JSON.stringify(record),
    ]);
  }

  async updateTable(session: Session, taskId: string, update: TableUpdate): Promise<void> {
    await session.execute(`UPDATE ${this.sql} SET record = JSON_MERGE_PATCH(record, ?) WHERE id = ?`, [
      JSON.stringify(update),
      rowId(taskId),
    ]);
  }

  /** Without locking: the driver asks between chunks, and a running chunk must not make a stop wait. */
  async readControl(session: Session): Promise<Control> {
    const [row] = await session.query<{ sequence: number; run: 'run' | 'stop'; volume: number; cutover: number }>(
      `SELECT sequence, run, volume, cutover FROM ${this.sql} WHERE id = 'control'`,
    );
    if (row === undefined) throw this.gone();
    return { sequence: Number(row.sequence), run: row.run, volume: row.volume, cutover: row.cutover === 1 };
  }

  /** An older control never overwrites a newer one. */
  async writeControl(session: Session, control: Control): Promise<void> {
    await session.execute(
      `UPDATE ${this.sql} SET sequence = ?, run = ?, volume = ?, cutover = ? WHERE id = 'control' AND sequence < ?`,
      [control.sequence, control.run, control.volume, control.cutover, control.sequence],
    );
  }

  /** The state of a change that has begun is not here. */
  gone(): SternaError {
    return new SternaError(
      'drifted',
      `Expected the state of change ${this.changeId} in ${quoteName(this.name)}, found none. Somebody removed it, or the inventory names another server or schema by now: correct the entry, or cancel the change and plan again; \`sterna doctor\` tells what is left where it was.`,
    );
  }
}

function fromJson(value: unknown): unknown {
  return typeof value === 'string' ? JSON.parse(value) : value;
}

function rowId(taskId: string): string {
  return `table:${taskId}`;
}
