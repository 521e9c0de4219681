import { createHash } from 'node:crypto';
import picomatch from 'picomatch';
import {
  type Plan,
  type PlannedTask,
  type PlanRequest,
  type Reason,
  type RenamedColumn,
  type Route,
  sameName,
  sourceOf,
  SternaError,
} from '../contract/index.js';
import { fingerprint, type MysqlServer, quoteName, type Session } from '../mysql/index.js';
import { copyBlocks } from './copy-conditions.js';
import { type DesiredTable, invalid, readDesiredFiles, readStatements, type WrittenAlter } from './desired-files.js';
import { alterClauses, diffTables } from './diff.js';
import { readRowVersions, rehearseCopy, type Trial, tryStatement } from './execution.js';
import { assertNamespace, isEmpty, type LiveTable, PLANNING_SETTINGS, readLiveTables } from './live-tables.js';
import { blockedReasons, unsafeReasons } from './safety.js';
import { assertBinlogFits, assertPrivileges, readGrants, readSettings } from './server-conditions.js';
import { parseDefinition, type TableDefinition } from './table-definition.js';
import { Workspace } from './workspace.js';

export interface PlanningLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
}

export interface PlanningDependencies {
  readonly server: MysqlServer;
  /** Namespace -> MySQL schema; throws `namespace_not_allowed` (R4). */
  readonly physical: (namespace: string) => string;
  readonly signal: AbortSignal;
  readonly log: PlanningLog;
}

/**
 * Makes the plan. Nothing on the target changes outside the workspace; the same inputs give the same plan,
 * statement for statement (P6). Every generated statement has been executed in the workspace and gave
 * exactly the desired table, or its table is blocked (P4).
 */
export async function planChange(dependencies: PlanningDependencies, request: PlanRequest): Promise<Plan> {
  const desired = request.schema === undefined ? [] : readDesiredFiles(request.schema);
  const alters = request.statements === undefined ? [] : readStatements(request.statements);
  const namespaces = [...new Set([...desired, ...alters].map(({ namespace }) => namespace))].sort();
  const schemas = new Map(namespaces.map((namespace) => [namespace, dependencies.physical(namespace)])); // R4: before any connection
  const { server, signal } = dependencies;
  await using session = await server.connect({ settings: PLANNING_SETTINGS, signal });
  const ignored = picomatch([...(request.ignoreTables ?? [])]);
  const ignores = (table: string): boolean => (request.ignoreTables ?? []).length > 0 && ignored(table);
  const ignoredTables = new Set<string>();
  const tasks: PlannedTask[] = [];
  for (const [namespace, physical] of schemas) {
    await assertNamespace(session, physical, namespace);
    const keep = (table: string): boolean => {
      if (ignores(table)) ignoredTables.add(`${namespace}.${table}`);
      return !ignores(table);
    };
    await using planner = new NamespacePlanner(dependencies, session, namespace, physical);
    tasks.push(
      ...(request.schema === undefined
        ? await planner.fromStatements(alters.filter((alter) => alter.namespace === namespace && keep(alter.table)))
        : await planner.fromFiles(
            desired.filter((table) => table.namespace === namespace && keep(table.table)),
            keep,
          )),
    );
  }
  const settings = await readSettings(session);
  await assertMayApply(session, settings, tasks, schemas);
  const route: Route = { target: request.target, environment: request.environment, type: request.type, namespaces };
  const { version, ...others } = settings;
  return seal({
    format: 1,
    route,
    server: { version, settings: others },
    tasks: tasks.sort(inOrder),
    ignoredTables: [...ignoredTables].sort(),
  });
}

/** Whatever an apply will need is asked for here, and not in the middle of it. */
async function assertMayApply(
  session: Session,
  settings: Awaited<ReturnType<typeof readSettings>>,
  tasks: readonly PlannedTask[],
  schemas: ReadonlyMap<string, string>,
): Promise<void> {
  const runnable = tasks.filter((task) => task.safety !== 'blocked');
  if (runnable.length === 0) return;
  const copies = runnable.some((task) => task.execution === 'copy');
  if (copies) assertBinlogFits(settings);
  const grants = await readGrants(session);
  for (const namespace of new Set(runnable.map((task) => task.namespace)))
    assertPrivileges(grants, schemas.get(namespace) ?? namespace, copies);
}

/** Plans the tables of one namespace; opens a workspace only when one is needed. */
class NamespacePlanner implements AsyncDisposable {
  #workspace: Promise<Workspace> | undefined;
  #rowVersions: Promise<ReadonlyMap<string, number>> | undefined;

  constructor(
    private readonly dependencies: PlanningDependencies,
    private readonly session: Session,
    private readonly namespace: string,
    private readonly physical: string,
  ) {}

  async fromFiles(desired: readonly DesiredTable[], keep: (table: string) => boolean): Promise<PlannedTask[]> {
    const live = new Map(
      (await readLiveTables(this.dependencies.server, this.physical, keep, this.dependencies.signal)).map((table) => [
        table.name,
        table,
      ]),
    );
    const tasks = await Promise.all(
      desired.map(async (table): Promise<PlannedTask[]> => {
        const current = live.get(table.table);
        // Canonical text is a fixed point: executing it would give the live table.
        if (current !== undefined && current.canonical === withoutCounter(table.sql)) return [];
        const canonical = await this.#canonical(table);
        if (current === undefined) return [this.#create(table.table, canonical)];
        return current.canonical === canonical ? [] : [await this.#alter(current, canonical)];
      }),
    );
    const wanted = new Set(desired.map((table) => table.table));
    const dropped = [...live.values()].filter((table) => !wanted.has(table.name)).map((table) => this.#drop(table));
    return [...tasks.flat(), ...dropped];
  }

  async fromStatements(alters: readonly WrittenAlter[]): Promise<PlannedTask[]> {
    const names = new Set(alters.map((alter) => alter.table));
    const live = new Map(
      (
        await readLiveTables(
          this.dependencies.server,
          this.physical,
          (table) => names.has(table),
          this.dependencies.signal,
        )
      ).map((table) => [table.name, table]),
    );
    const tasks: PlannedTask[] = [];
    for (const table of names) {
      const current = live.get(table);
      if (current === undefined)
        throw new SternaError(
          'statement_invalid',
          `Expected table ${table} in namespace ${this.namespace}, found none.`,
        );
      const own = alters.filter((alter) => alter.table === table);
      if (own.length > 1)
        throw new SternaError(
          'statement_invalid',
          `Expected one ALTER TABLE for ${this.namespace}.${table}, got ${own.length}. Put them into one statement.`,
        );
      const { sql = '', renames = [], drops = [] } = own[0] ?? {};
      const trial = await this.#try(current, sql, renames).catch((error: unknown) => {
        throw refused(error, `${this.namespace}.${table}`);
      });
      tasks.push(await this.#alterTried(current, trial, renames, drops));
    }
    return tasks;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // One that did not open has nothing to close, and has said why to whoever asked for it.
    const workspace = await this.#workspace?.catch(() => undefined);
    await workspace?.[Symbol.asyncDispose]();
  }

  #open(): Promise<Workspace> {
    this.#workspace ??= Workspace.open(this.dependencies.server, this.physical, this.dependencies.signal);
    return this.#workspace;
  }

  async #canonical({ table, sql, file }: DesiredTable): Promise<string> {
    const workspace = await this.#open();
    try {
      return await workspace.result(table, [sql]);
    } catch (error) {
      if (!(error instanceof SternaError) || error.code !== 'sql_error') throw error;
      const line = Number(/at line (\d+)/.exec(error.message)?.[1] ?? 1);
      const offset = sql
        .split('\n')
        .slice(0, line - 1)
        .reduce((sum, text) => sum + text.length + 1, 0);
      throw invalid(file, sql, offset, `a table that the server accepts; ${error.message}`);
    }
  }

  #create(table: string, canonical: string): PlannedTask {
    const definition = parseDefinition(canonical);
    const reasons: Reason[] = [
      ...(definition.foreignKeys.length > 0
        ? [{ code: 'foreign-key', message: 'the new table has foreign keys; this version does not create them' }]
        : []),
      ...(definition.options.get('ENGINE') === 'InnoDB'
        ? []
        : [
            {
              code: 'engine',
              message: `only InnoDB tables are created, this one is ${definition.options.get('ENGINE')}`,
            },
          ]),
    ];
    return this.#task(table, {
      action: 'create',
      statements: [canonical],
      execution: 'direct',
      executionReason: 'new table',
      safety: reasons.length > 0 ? 'blocked' : 'safe',
      reasons,
      desired: canonical,
    });
  }

  #drop(live: LiveTable): PlannedTask {
    const blocked = live.referencedBy.length > 0;
    const reasons: Reason[] = blocked
      ? [{ code: 'foreign-key', message: `foreign keys point to the table: ${live.referencedBy.join(', ')}` }]
      : [{ code: 'drops-table', message: `drops the table with about ${live.rows} rows` }];
    return this.#task(live.name, {
      action: 'drop',
      statements: [`DROP TABLE ${quoteName(live.name)}`],
      execution: 'direct',
      executionReason: 'not among the desired files',
      safety: blocked ? 'blocked' : 'unsafe',
      reasons,
      live,
    });
  }

  /** P4: the exact statement, on the live definition, has to give exactly the desired one. */
  async #alter(live: LiveTable, desired: string): Promise<PlannedTask> {
    const differences = diffTables(parseDefinition(live.canonical), parseDefinition(desired));
    const impossible = blockedReasons(differences);
    if (impossible.length > 0) return this.#blocked(live, desired, [], impossible);
    const clauses = alterClauses(differences);
    const block = (code: string, message: string): PlannedTask =>
      this.#blocked(live, desired, clauses === '' ? [] : [statement], [{ code, message }]);
    const statement = `ALTER TABLE ${quoteName(live.name)} ${clauses}`;
    if (clauses === '')
      return block(
        'unknown-difference',
        `the definitions differ in a way that this version does not know:\n${live.canonical}\nand\n${desired}`,
      );
    let trial: Trial;
    try {
      trial = await this.#try(live, statement);
    } catch (error) {
      if (!(error instanceof SternaError) || error.code !== 'sql_error') throw error;
      return block('refused-by-server', `the generated statement fails: ${error.message}`);
    }
    if (trial.result !== desired)
      return block(
        'not-verified',
        `the generated statement gives another table than desired:\n${trial.result}\ninstead of\n${desired}`,
      );
    return this.#alterTried(live, trial);
  }

  async #alterTried(
    live: LiveTable,
    trial: Trial,
    renames: readonly RenamedColumn[] = [],
    drops: readonly string[] = [],
  ): Promise<PlannedTask> {
    const { differences, result } = trial;
    const [from, to] = [parseDefinition(live.canonical), parseDefinition(result)];
    const impossible = [...blockedReasons(differences), ...unclearColumns(from, to, renames, drops)];
    if (impossible.length > 0) return this.#blocked(live, result, [], impossible);
    const unable =
      trial.execution === 'copy'
        ? [...copyBlocks(live, from, to, renames), ...(await this.#copyBlocked(live, trial))]
        : live.engine === 'InnoDB'
          ? []
          : [{ code: 'engine', message: `only InnoDB tables are changed, this one is ${live.engine}` }];
    const empty = await isEmpty(this.session, this.physical, live.name);
    const unsafe = unsafeReasons(differences, from, to, empty, renames);
    return this.#task(live.name, {
      action: 'alter',
      live,
      desired: result,
      statements: [trial.statement],
      execution: trial.execution,
      executionReason: trial.reason,
      safety: unable.length > 0 ? 'blocked' : unsafe.length > 0 ? 'unsafe' : 'safe',
      reasons: [...unable, ...unsafe],
      ...(renames.length > 0 ? { renamedColumns: renames } : {}),
    });
  }

  /** P4: the copy has to end in the definition that was tried, names of CHECK constraints included. */
  async #copyBlocked(live: LiveTable, { statement, result }: Trial): Promise<Reason[]> {
    if (!/^ {2}CONSTRAINT .* CHECK /m.test(`${live.canonical}\n${result}`)) return [];
    let found: string;
    try {
      found = await rehearseCopy(await this.#open(), live.name, live.canonical, statement);
    } catch (error) {
      if (!(error instanceof SternaError) || error.code !== 'sql_error') throw error;
      found = error.message;
    }
    if (found === result) return [];
    return [
      {
        code: 'check',
        message: `the names of CHECK constraints belong to the schema, so that the shadow cannot have them while the table has; drop them in a statement of their own first, or give the new ones other names. A copy would end in:\n${found}`,
      },
    ];
  }

  #blocked(live: LiveTable, desired: string, statements: readonly string[], reasons: readonly Reason[]): PlannedTask {
    return this.#task(live.name, {
      action: 'alter',
      live,
      desired,
      statements,
      execution: 'copy',
      executionReason: '',
      safety: 'blocked',
      reasons,
    });
  }

  async #try(live: LiveTable, statement: string, renames: readonly RenamedColumn[] = []): Promise<Trial> {
    const workspace = await this.#open();
    this.#rowVersions ??= readRowVersions(this.session, this.physical);
    const versions = (await this.#rowVersions).get(live.name) ?? 0;
    return tryStatement(workspace, live.name, live.canonical, statement, versions, renames);
  }

  #task(
    table: string,
    task: Pick<
      PlannedTask,
      'action' | 'statements' | 'execution' | 'executionReason' | 'safety' | 'reasons' | 'renamedColumns'
    > & {
      live?: LiveTable;
      desired?: string;
    },
  ): PlannedTask {
    const { live, desired, ...rest } = task;
    return {
      id: `${this.namespace}.${table}`,
      namespace: this.namespace,
      table,
      ...rest,
      lint: [],
      liveDefinition: live?.canonical ?? null,
      desiredDefinition: desired ?? null,
      liveFingerprint: live === undefined ? null : fingerprint(live.canonical),
      desiredFingerprint: desired === undefined ? null : fingerprint(desired),
      estimatedRows: live?.rows ?? 0,
      estimatedBytes: live?.bytes ?? 0,
    };
  }
}

/** What a written statement does to columns has to be told exactly: their values are copied by it (P3). */
function unclearColumns(
  from: TableDefinition,
  to: TableDefinition,
  renames: readonly RenamedColumn[],
  drops: readonly string[],
): Reason[] {
  const has = ({ columns }: TableDefinition, name: string): boolean =>
    columns.some((column) => sameName(column.name, name));
  return [
    ...renames
      .filter((each) => !has(from, each.from) || !has(to, each.to))
      .map((each) => ({
        code: 'renames-column',
        column: each.from,
        message: `renames \`${each.from}\` to \`${each.to}\`, which the definitions do not show; write the names in backticks`,
      })),
    // Rows are copied by the names of columns, and the values would stay.
    ...drops
      .filter((name) =>
        to.columns.some((column) => sameName(sourceOf(column.name, from.columns, renames)?.name ?? '', name)),
      )
      .map((column) => ({
        code: 'drops-and-adds',
        column,
        message: `drops \`${column}\` and adds another column of that name; do it in two changes`,
      })),
  ];
}

function refused(error: unknown, where: string): unknown {
  if (!(error instanceof SternaError) || error.code !== 'sql_error') return error;
  return new SternaError(
    'statement_invalid',
    `${where}: expected a statement that the server accepts; ${error.message}`,
    { cause: error },
  );
}

function withoutCounter(sql: string): string {
  return sql.replace(/^(\)[^\n]*?) AUTO_INCREMENT=\d+/m, '$1');
}

const ORDER = { create: 0, alter: 1, drop: 2 } as const;

function inOrder(a: PlannedTask, b: PlannedTask): number {
  return ORDER[a.action] - ORDER[b.action] || (a.id < b.id ? -1 : 1);
}

/** Estimates come from statistics that move by themselves; everything else is under the hash. */
function seal(plan: Omit<Plan, 'planHash'>): Plan {
  const stable = {
    ...plan,
    tasks: plan.tasks.map(({ estimatedRows: _, estimatedBytes: __, ...task }) => ({
      ...task,
      reasons: task.reasons.map(({ code, column }) => ({ code, column })),
    })),
  };
  return { ...plan, planHash: createHash('sha256').update(JSON.stringify(stable)).digest('hex') };
}
