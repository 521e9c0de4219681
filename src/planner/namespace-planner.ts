import { type PlannedTask, type Reason, type RenamedColumn, SternaError } from '../contract/index.js';
import { fingerprint, quoteName, type Session } from '../mysql/index.js';
import { copyBlocks } from './copy-conditions.js';
import { type DesiredTable, invalid, type WrittenAlter } from './desired-files.js';
import { alterClauses, diffTables } from './diff.js';
import { readRowVersions, rehearseCopy, type Trial, tryStatement } from './execution.js';
import { keptName } from './kept-name.js';
import { isEmpty, type LiveTable, readLiveTables } from './live-tables.js';
import type { PlanningDependencies } from './planning.js';
import { notRevertible, revertibility } from './revertible.js';
import { blockedReasons, unsafeReasons } from './safety.js';
import { parseDefinition } from './table-definition.js';
import { unclearColumns } from './unclear-columns.js';
import { Workspace } from './workspace.js';

/** Plans the tables of one namespace; opens a workspace only when one is needed. */
export class NamespacePlanner implements AsyncDisposable {
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

  /** What the server makes of desired tables, by name. */
  async canonicalTexts(desired: readonly DesiredTable[]): Promise<ReadonlyMap<string, string>> {
    return new Map(await Promise.all(desired.map(async (each) => [each.table, await this.#canonical(each)] as const)));
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
      ...notRevertible('create', 'a revert drops no table'),
      desired: canonical,
    });
  }

  #drop(live: LiveTable): PlannedTask {
    const blocked = live.referencedBy.length > 0;
    const kept = keptName(live);
    const reasons: Reason[] = blocked
      ? [{ code: 'foreign-key', message: `foreign keys point to the table: ${live.referencedBy.join(', ')}` }]
      : [
          {
            code: 'name' in kept ? 'drops-table' : 'drops-table-for-good',
            message: `drops the table with about ${live.rows} rows, ${'name' in kept ? 'which can be undone for seven days' : `for good: ${kept.reason}`}`,
          },
        ];
    return this.#task(live.name, {
      action: 'drop',
      statements: [
        'name' in kept
          ? `RENAME TABLE ${quoteName(live.name)} TO ${quoteName(kept.name)}`
          : `DROP TABLE ${quoteName(live.name)}`,
      ],
      execution: 'direct',
      executionReason: 'not among the desired files',
      safety: blocked ? 'blocked' : 'unsafe',
      reasons,
      ...notRevertible('drop', 'a revert brings no dropped table back'),
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
      ...(trial.execution === 'copy'
        ? revertibility(from, to, differences, renames)
        : notRevertible('in-table', 'the table itself is changed, and none is kept')),
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
      ...notRevertible('blocked', 'it is not changed'),
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
      | 'action'
      | 'statements'
      | 'execution'
      | 'executionReason'
      | 'safety'
      | 'reasons'
      | 'renamedColumns'
      | 'revertible'
      | 'revertReasons'
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
      lint: [], // see lint-tasks.ts
      liveDefinition: live?.canonical ?? null,
      desiredDefinition: desired ?? null,
      liveFingerprint: live === undefined ? null : fingerprint(live.canonical),
      desiredFingerprint: desired === undefined ? null : fingerprint(desired),
      estimatedRows: live?.rows ?? 0,
      estimatedBytes: live?.bytes ?? 0,
    };
  }
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
