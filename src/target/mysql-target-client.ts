import { performance } from 'node:perf_hooks';
import type {
  CleanUpInput,
  ControlInput,
  ControlResult,
  LintedTable,
  LintRequest,
  Plan,
  PlanRequest,
  ProbeResult,
  PullSchemaResult,
  StepInput,
  StepOutcome,
  UndropTableInput,
} from '../contract/index.js';
import { SternaError } from '../contract/index.js';
import {
  ChangeHold,
  DroppedTables,
  findLeftovers,
  type FoundChange,
  type LoadLimits,
  OnlineChange,
} from '../engine/index.js';
import { answered, type ConnectionConfig, MysqlServer, PATIENCE } from '../mysql/index.js';
import { examineServer, lintSchema, planChange, pullSchema } from '../planner/index.js';
import type { HeldChange, OperationContext, TargetClient, TargetExamination } from './target-client.js';

/** How a target client reaches its target, and what it may do there. */
export interface TargetOptions {
  readonly connection: ConnectionConfig;
  /** Namespace of a request -> MySQL schema; throws `namespace_not_allowed` (R4). */
  readonly physical: (namespace: string) => string;
  /** Namespaces that the target allows; absent when it allows all. */
  readonly namespaces?: readonly string[];
  /** Copying holds while one of them lags behind. */
  readonly replicas?: readonly ConnectionConfig[];
  /** Where plans make their scratch schemas. @default the target's own server */
  readonly workspace?: ConnectionConfig;
  /** At which copying and comparing hold; each has a default. */
  readonly limits?: Partial<LoadLimits>;
  /** Refuse a read-only server before everything that writes: planning, steps, controls, clean-ups. */
  readonly requireWriter: boolean;
}

/** Opens a client without connecting: the first operation connects. */
export async function openMysqlClient(options: TargetOptions): Promise<TargetClient> {
  const server = await MysqlServer.open(options.connection);
  const replicas = await Promise.all((options.replicas ?? []).map((replica) => MysqlServer.open(replica, 1)));
  const workspace = options.workspace === undefined ? undefined : await MysqlServer.open(options.workspace, 1);
  return new MysqlTargetClient(server, replicas, workspace, options);
}

/** Planner and engine on one server, for all changes and namespaces of a target. */
class MysqlTargetClient implements TargetClient {
  readonly #change: OnlineChange;
  readonly #dropped: DroppedTables;
  /** What planning still removes. */
  readonly #removals = new Set<Promise<void>>();

  constructor(
    private readonly server: MysqlServer,
    private readonly replicas: readonly MysqlServer[],
    private readonly workspace: MysqlServer | undefined,
    private readonly options: TargetOptions,
  ) {
    this.#change = new OnlineChange(server, options.physical, { replicas, limits: options.limits ?? {} });
    this.#dropped = new DroppedTables(server, options.physical);
  }

  connections(): number {
    return this.#servers.reduce((sum, { openConnections }) => sum + openConnections, 0);
  }

  async probe(): Promise<Omit<ProbeResult, 'target' | 'environment'>> {
    const started = performance.now();
    // The attempt goes on by itself; closing the client ends it.
    const answer = serverFacts(this.server);
    answer.catch(() => undefined);
    const { version, writable } = await answered(answer, PATIENCE.probe, 'probing', () => undefined);
    return { ok: true, serverVersion: version, writable, milliseconds: Math.round(performance.now() - started) };
  }

  pull(request: { readonly namespaces?: readonly string[] }, context: OperationContext): Promise<PullSchemaResult> {
    return pullSchema(this.#planning(context), request.namespaces ?? this.options.namespaces);
  }

  plan(request: PlanRequest, context: OperationContext): Promise<Plan> {
    return this.#write(() => planChange(this.#planning(context), request));
  }

  claimTarget(step: StepInput, context: OperationContext): Promise<StepOutcome> {
    return this.#write(() => this.#change.claimTarget(step, context));
  }

  runStatements(step: StepInput, context: OperationContext): Promise<StepOutcome> {
    return this.#write(() => this.#change.runStatements(step, context));
  }

  prepareTables(step: StepInput, context: OperationContext): Promise<StepOutcome> {
    return this.#write(() => this.#change.prepareTables(step, context));
  }

  copyTables(step: StepInput, context: OperationContext): Promise<StepOutcome> {
    return this.#write(() => this.#change.copyTables(step, context));
  }

  holdTables(step: StepInput, context: OperationContext): Promise<StepOutcome> {
    return this.#write(() => this.#change.holdTables(step, context));
  }

  cutOver(step: StepInput, context: OperationContext): Promise<StepOutcome> {
    return this.#write(() => this.#change.cutOver(step, context));
  }

  guardRevert(step: StepInput, context: OperationContext): Promise<StepOutcome> {
    return this.#write(() => this.#change.guardRevert(step, context));
  }

  revertTables(step: StepInput, context: OperationContext): Promise<StepOutcome> {
    return this.#write(() => this.#change.revertTables(step, context));
  }

  cleanUp(input: CleanUpInput, context: OperationContext): Promise<void> {
    return this.#write(() => this.#change.cleanUp(input, context));
  }

  async writeControl(input: ControlInput, context: OperationContext): Promise<ControlResult> {
    if (this.options.requireWriter) {
      // A session of its own: a stop waits for nobody (C1).
      await using session = await this.server.connect({ answerMs: PATIENCE.answer, urgent: true });
      await this.#assertWriter(session);
    }
    return this.#change.writeControl(input, context);
  }

  findDropped({ namespace, table }: Pick<UndropTableInput, 'namespace' | 'table'>): Promise<string | null> {
    return this.#dropped.find(namespace, table);
  }

  restoreDropped({
    namespace,
    table,
    dropped,
  }: Pick<UndropTableInput, 'namespace' | 'table'> & { readonly dropped: string }): Promise<void> {
    return this.#write(() => this.#dropped.restore(namespace, table, dropped));
  }

  holdChange(changeId: string): Promise<HeldChange> {
    return ChangeHold.take(this.server, changeId, this.options.physical);
  }

  lint(request: LintRequest): Promise<readonly LintedTable[]> {
    const { physical } = this.options;
    const log = { warn: (): void => undefined };
    const never = new AbortController().signal;
    const lint = (): ReturnType<typeof lintSchema> =>
      lintSchema({ server: this.server, ...this.#scratch, physical, signal: never, log }, request);
    return this.workspace === undefined ? this.#write(lint) : lint();
  }

  async examine(namespaces = this.options.namespaces): Promise<TargetExamination> {
    const wanted = namespaces?.map((namespace) => this.options.physical(namespace)); // R4: before any connection
    const { findings, schemas } = await examineServer(this.server, wanted, this.workspace);
    await using session = await this.server.connect();
    return { findings, leftovers: await findLeftovers(session, schemas) };
  }

  async removeChange({ namespace, change }: FoundChange, context: OperationContext): Promise<void> {
    if (change === undefined) return;
    const { id, planHash } = change;
    // The namespace is that of the server already.
    const found = new OnlineChange(this.server, (schema) => schema);
    await this.#write(() => found.cleanUp({ changeId: id, planHash, stateNamespace: namespace }, context));
  }

  async close(): Promise<void> {
    const removed = Promise.all(this.#removals);
    // The next plan finds what stays.
    await answered(removed, PATIENCE.kill, 'tidying up', () => undefined).catch(() => undefined);
    await Promise.all(this.#servers.map((server) => server.close()));
  }

  get #servers(): MysqlServer[] {
    return [this.server, ...this.replicas, ...(this.workspace ? [this.workspace] : [])];
  }

  #planning({ signal, log }: OperationContext): Parameters<typeof planChange>[0] {
    const later = (removal: Promise<void>): void => {
      this.#removals.add(removal);
      void removal.finally(() => this.#removals.delete(removal));
    };
    return { server: this.server, ...this.#scratch, physical: this.options.physical, signal, log, later };
  }

  get #scratch(): { workspace?: MysqlServer } {
    return this.workspace === undefined ? {} : { workspace: this.workspace };
  }

  async #write<T>(work: () => Promise<T>): Promise<T> {
    if (this.options.requireWriter) await this.#assertWriter(this.server);
    return work();
  }

  /** The server does not refuse an account that may write all the same (SUPER, CONNECTION_ADMIN). */
  async #assertWriter(connection: Pick<MysqlServer, 'query'>): Promise<void> {
    const { writable } = await serverFacts(connection);
    if (!writable) {
      throw new SternaError(
        'not_the_writer',
        'Expected the writer of this target, found a read-only server. Point the inventory entry at the writer.',
      );
    }
  }
}

async function serverFacts(
  connection: Pick<MysqlServer, 'query'>,
): Promise<{ readonly version: string; readonly writable: boolean }> {
  const [row] = await connection.query<{ version: string; readOnly: number }>(
    'SELECT VERSION() AS version, (@@GLOBAL.read_only OR @@GLOBAL.super_read_only OR @@GLOBAL.innodb_read_only) AS readOnly',
  );
  if (row === undefined) throw new SternaError('internal', 'Expected one row of server facts, got none.');
  return { version: row.version, writable: Number(row.readOnly) === 0 };
}
