import { type Control, type Plan, SternaError } from '../contract/index.js';
import type { MysqlServer, Session } from '../mysql/index.js';
import { stateTableName } from './names.js';
import { ROW_SETTINGS } from './row-session.js';
import { type KeptPlan, StateTable, type TablePhase } from './state-table.js';

/** The server may notice a moment late that a process has ended, as after Ctrl-C and the same command again. */
const LET_GO_SECONDS = 2;

/**
 * A change that one process drives by itself, without a workflow. The target keeps what a workflow would: the plan,
 * beside the state of the change, and who drives it, by a user lock that ends with its connection.
 */
export class ChangeHold implements AsyncDisposable {
  #state: StateTable | undefined;

  private constructor(
    private readonly server: MysqlServer,
    private readonly changeId: string,
    private readonly physical: (namespace: string) => string,
    private session: Session,
  ) {}

  /** Throws `target_held` where another process has it. */
  static async take(
    server: MysqlServer,
    changeId: string,
    physical: (namespace: string) => string,
  ): Promise<ChangeHold> {
    return new ChangeHold(server, changeId, physical, await locked(server, changeId));
  }

  /** What an earlier process has kept, in one of these namespaces; null when the change has not begun, or has ended. */
  async find(namespaces: readonly string[]): Promise<KeptPlan | null> {
    for (const namespace of namespaces) {
      const state = new StateTable(this.changeId, this.physical(namespace));
      if (!(await state.exists(this.session))) continue;
      const kept = await state.readKeptPlan(this.session);
      if (kept === null) continue;
      this.#state = state;
      return kept;
    }
    return null;
  }

  /** From here on the change has begun: whoever takes it next goes on with this plan. */
  async keep(kept: KeptPlan, control: Control): Promise<void> {
    const state = new StateTable(this.changeId, this.physical(stateNamespace(kept.plan)));
    await state.ensure(this.session, { planHash: kept.plan.planHash, control }, () => this.assertHeld(), kept);
    this.#state = state;
  }

  /** Where its copied tables stand. */
  async phases(): Promise<ReadonlyMap<string, TablePhase>> {
    const records = (await this.#state?.readTables(this.session)) ?? [];
    return new Map(records.map(({ taskId, phase }) => [taskId, phase]));
  }

  /**
   * Throws unless this process is the one that drives the change, and the change has not ended (S1). A lock that was
   * lost with its connection is taken again, unless another process has it by now.
   */
  async confirm(): Promise<void> {
    try {
      await this.assertHeld();
    } catch (error) {
      if (!(error instanceof SternaError) || error.code !== 'connection_lost') throw error;
      this.session.destroy();
      this.session = await locked(this.server, this.changeId);
    }
    const state = this.#state;
    if (state !== undefined && (await state.exists(this.session)) && (await state.readKeptPlan(this.session)) !== null)
      return;
    throw new SternaError(
      'driver_replaced',
      `Expected the plan of change ${this.changeId} on the target, found none: others have ended the change. Nothing more is done.`,
    );
  }

  /** Throws where another process has it, or its connection is lost. */
  async assertHeld(): Promise<void> {
    const [lock] = await this.session.query<{ mine: number | null }>(
      'SELECT IS_USED_LOCK(?) = CONNECTION_ID() AS mine',
      [lockName(this.changeId)],
    );
    if (lock?.mine !== 1) throw await held(this.session, this.changeId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session.close();
  }
}

/** Of the plan's first task, the same in every step. */
function stateNamespace({ tasks }: Plan): string {
  return tasks[0]?.namespace ?? '';
}

/** The connection of the process that drives this change by itself; null when none does. */
export async function heldBy(session: Session, changeId: string): Promise<number | null> {
  const [row] = await session.query<{ connection: number | null }>('SELECT IS_USED_LOCK(?) AS connection', [
    lockName(changeId),
  ]);
  return row?.connection ?? null;
}

async function locked(server: MysqlServer, changeId: string): Promise<Session> {
  const session = await server.connect({ settings: ROW_SETTINGS });
  try {
    const [lock] = await session.query<{ held: number | null }>('SELECT GET_LOCK(?, ?) AS held', [
      lockName(changeId),
      LET_GO_SECONDS,
    ]);
    if (lock?.held === 1) return session;
    throw await held(session, changeId);
  } catch (error) {
    await session.close();
    throw error;
  }
}

async function held(session: Session, changeId: string): Promise<SternaError> {
  const connection = await heldBy(session, changeId);
  return new SternaError(
    'target_held',
    `Expected change ${changeId} to be run by one process, found another one at it (connection ${connection ?? 'unknown'} of the server). Wait until it has ended; if that process is gone for good, run KILL ${connection ?? '<its connection>'} on the server and then the same command again.`,
  );
}

function lockName(changeId: string): string {
  return `${stateTableName(changeId)}_process`;
}
