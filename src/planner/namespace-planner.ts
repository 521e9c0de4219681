import {
  type DirectLimits,
  type PlannedTask,
  type Reason,
  type RenamedColumn,
  sameName,
  SternaError,
} from '../contract/index.js';
import { isBelow, type Session, withoutCounter } from '../mysql/index.js';
import { copyBlocks } from './copy-conditions.js';
import { createTask, dropTask } from './create-and-drop.js';
import { Definitions } from './definitions.js';
import { type DesiredTable, invalidStatement, type WrittenAlter } from './desired-files.js';
import { notLifted } from './direct.js';
import { alterStatement, type Difference, diffTables } from './diff.js';
import { readRowVersions, rehearseCopy, type Trial, tryStatement } from './execution.js';
import { parentsFirst, parentsOf } from './foreign-keys.js';
import { hiddenMembersReason, hiddenMembersReasons } from './hidden-members.js';
import { isEmpty, type LiveTable, readingLive, readLiveTables } from './live-tables.js';
import { plannedTask } from './planned-task.js';
import type { PlanningDependencies } from './planning.js';
import { refusalOf } from './refusal.js';
import { refusalReason } from './refusal-reasons.js';
import { renamesToDo, withRenames } from './renames.js';
import { notRevertible, revertibility } from './revertible.js';
import { blockedReasons, unsafeReasons } from './safety.js';
import { settled } from './settled.js';
import { parseDefinition } from './table-definition.js';
import { withTouchedRows } from './touched-rows.js';
import { unclearColumns } from './unclear-columns.js';
import { Workspace } from './workspace.js';

/** Plans the tables of one namespace; opens a workspace only when one is needed. */
export class NamespacePlanner implements AsyncDisposable {
  /** Aborted with the first error that is no verdict on a file: the rest need not go on. */
  readonly #failed = new AbortController();
  readonly #signal: AbortSignal;
  #workspace: Promise<Workspace> | undefined;
  #rowVersions: Promise<ReadonlyMap<string, number>> | undefined;
  readonly #definitions: Definitions;

  constructor(
    private readonly dependencies: PlanningDependencies,
    private readonly session: Session,
    private readonly namespace: string,
    private readonly physical: string,
    private readonly direct: DirectLimits = {},
  ) {
    this.#signal = AbortSignal.any([dependencies.signal, this.#failed.signal]);
    this.#definitions = new Definitions(session, physical, () => this.#open());
  }

  /** New tables first, parents before their children; dropped ones last, children before their parents. */
  async fromFiles(desired: readonly DesiredTable[], keep: (table: string) => boolean): Promise<PlannedTask[]> {
    const tables = await readLiveTables(this.dependencies.server, this.physical, keep, this.#signal);
    const live = new Map(tables.map((table) => [table.name, table]));
    const wanted = new Map<string, string>();
    await this.#all(
      desired.map(async (table) => {
        // Canonical text is a fixed point: executing it would give the live table.
        const text = withoutCounter(table.sql);
        const same = live.get(table.table)?.canonical === text;
        wanted.set(table.table, same ? text : await this.#definitions.canonical(table));
      }),
    );
    const parentsOfAll = new Map(
      [...new Set([...wanted.keys(), ...live.keys()])].map((name) => [
        name,
        parentsOf(name, wanted.get(name) ?? live.get(name)?.canonical ?? ''),
      ]),
    );
    const parents = (name: string): readonly string[] => parentsOfAll.get(name) ?? [];
    const created = [...wanted.keys()].filter((name) => !live.has(name));
    const differs = await Promise.all(
      desired.map(async ({ table }) => {
        const [a, b] = [live.get(table)?.canonical, wanted.get(table)];
        return a !== undefined && b !== undefined && !(await this.#definitions.areSame(table, a, b));
      }),
    );
    const changed = desired.filter((_, i) => differs[i]);
    const dropped = [...live.keys()].filter((name) => !wanted.has(name));
    // As they are when tables are created, which is before others are changed.
    const standing = new Map([...wanted].map(([name, text]) => [name, live.get(name)?.canonical ?? text]));
    const children = (name: string): string[] => [
      ...(live.get(name)?.referencedBy ?? []).filter((child) => child !== `${this.physical}.${name}`),
      ...created.filter((child) => parents(child).includes(name)).map((child) => `${this.physical}.${child}`),
    ];
    const isDropped = (child: string): boolean => dropped.some((name) => child === `${this.physical}.${name}`);
    const creates = parentsFirst(created, parents).map((name) =>
      createTask(
        this.namespace,
        name,
        wanted.get(name) ?? '',
        standing,
        () => this.#open(),
        this.#definitions.desiredHidden(name),
      ),
    );
    const alters = changed.map(({ table, renames }) => {
      const current = live.get(table);
      if (current === undefined) throw new SternaError('internal', `Expected ${table} among the live tables.`);
      const referencedBy = [...new Set([...current.referencedBy, ...children(table)])];
      return this.#alter({ ...current, referencedBy }, wanted.get(table) ?? '', renames);
    });
    const drops = parentsFirst(dropped, parents)
      .reverse()
      .flatMap((name) => live.get(name) ?? [])
      .map((table) =>
        dropTask(
          this.namespace,
          table,
          children(table.name).filter((child) => !isDropped(child)),
        ),
      );
    const tasks = await this.#all([...creates, ...alters]);
    await this.#confirm();
    return [...tasks.slice(0, creates.length), ...tasks.slice(creates.length).sort(byTable), ...drops];
  }

  async fromStatements(alters: readonly WrittenAlter[]): Promise<PlannedTask[]> {
    const names = new Set(alters.map((alter) => alter.table));
    const live = new Map(
      (await readLiveTables(this.dependencies.server, this.physical, (table) => names.has(table), this.#signal)).map(
        (table) => [table.name, table],
      ),
    );
    const tasks: PlannedTask[] = [];
    for (const table of names) {
      const current = live.get(table);
      if (current === undefined)
        throw new SternaError(
          'statement_invalid',
          `Expected table ${table} in namespace ${this.namespace}, found none.`,
        );
      const [own, ...more] = alters.filter((alter) => alter.table === table);
      if (own === undefined || more.length > 0)
        throw new SternaError(
          'statement_invalid',
          `Expected one ALTER TABLE for ${this.namespace}.${table}, got ${more.length + 1}. Put them into one statement.`,
        );
      const trial = await this.#try(current, own.sql, own.renames).catch((error: unknown) => {
        throw refused(error, own);
      });
      tasks.push(await this.#alterTried(current, trial, own.renames, own.drops));
    }
    await this.#confirm();
    return tasks.sort(byTable);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // One that did not open has nothing to close, and has said why to whoever asked for it.
    const workspace = await this.#workspace?.catch(() => undefined);
    const removal = workspace?.[Symbol.asyncDispose]();
    if (removal !== undefined && this.dependencies.later !== undefined) this.dependencies.later(removal);
    else await removal;
  }

  #open(): Promise<Workspace> {
    this.#workspace ??= Workspace.open(this.dependencies, this.physical, this.#signal);
    return this.#workspace;
  }

  /** What the server makes of desired tables, by name. */
  async canonicalTexts(desired: readonly DesiredTable[]): Promise<ReadonlyMap<string, string>> {
    const texts = await this.#all(
      desired.map(async (each) => [each.table, await this.#definitions.canonical(each)] as const),
    );
    await this.#confirm();
    return new Map(texts);
  }

  /** Returns or throws when all have ended, so that none uses the workspace later; of wrong files the first is told. */
  async #all<T>(work: readonly Promise<T>[]): Promise<T[]> {
    const watched = work.map((each) =>
      each.catch((error: unknown) => {
        if (!(error instanceof SternaError) || error.code !== 'schema_file_invalid') this.#failed.abort(error);
        throw error;
      }),
    );
    try {
      return await settled(watched);
    } finally {
      this.#failed.signal.throwIfAborted();
    }
  }

  async #confirm(): Promise<void> {
    await (await this.#workspace)?.confirm();
    await this.#definitions.remember();
  }

  /** P4: the exact statement, on the live definition, has to give exactly the desired one. */
  async #alter(live: LiveTable, desired: string, annotated: readonly RenamedColumn[]): Promise<PlannedTask> {
    const from = parseDefinition(await this.#definitions.settled(live.name, live.canonical));
    const to = parseDefinition(await this.#definitions.settled(live.name, desired));
    const renames = renamesToDo(annotated, from, to);
    let statement: string | null = null;
    let trial: Trial;
    const hidden = await this.#definitions.hiddenMembers(live);
    const block = (code: string, message: string): PlannedTask =>
      this.#blocked(live, desired, [{ code, message }], statement === null ? [] : [statement]);
    try {
      const differences =
        renames.length === 0
          ? diffTables(from, to)
          : withRenames(await this.#definitions.diffRenamed(live, renames, to), renames);
      const impossible = [...blockedReasons(differences), ...hiddenMembersReasons(hidden, differences)];
      if (impossible.length > 0) return this.#blocked(live, desired, impossible);
      statement = alterStatement(live.name, differences);
      if (statement === null)
        return block(
          'unknown-difference',
          `the definitions differ in a way that this version does not know:\n${live.canonical}\nand\n${desired}`,
        );
      trial = await this.#try(live, statement, renames, differences);
    } catch (error) {
      if (!(error instanceof SternaError) || error.code !== 'sql_error') throw error;
      // A default that is such a member is shown as it is, so that the table cannot be made from its text.
      const reasons = [...hidden.live.map(hiddenMembersReason), refusalReason(error)];
      return this.#blocked(live, desired, reasons, statement === null ? [] : [statement]);
    }
    if (!(await this.#definitions.areSame(live.name, trial.result, desired)))
      return block(
        'not-verified',
        `the generated statement gives another table than desired:\n${trial.result}\ninstead of\n${desired}`,
      );
    return this.#alterTried(live, trial, renames.filter(isAnotherName));
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
    if (impossible.length > 0) return this.#blocked(live, result, impossible);
    const read = <T>(work: () => Promise<T>): Promise<T> => readingLive(this.session, this.physical, live.name, work);
    const small =
      trial.execution === 'copy' && (await read(() => isBelow(this.session, this.physical, live.name, this.direct)));
    const unable =
      trial.execution === 'copy'
        ? [...copyBlocks(live, from, to, renames), ...(small ? [] : await this.#copyBlocked(live, trial))]
        : live.engine === 'InnoDB'
          ? []
          : [{ code: 'engine', message: `only InnoDB tables are changed, this one is ${live.engine}` }];
    const empty = await isEmpty(this.session, this.physical, live.name);
    const may = unsafeReasons(differences, from, to, empty, renames);
    const unsafe = empty
      ? may
      : await read(() => withTouchedRows(this.session, this.physical, live, from, to, renames, may));
    const inTheWay = small ? notLifted(unable, differences) : unable;
    const copies = trial.execution === 'copy' && !small;
    return plannedTask(this.namespace, live.name, {
      action: 'alter',
      live,
      desired: result,
      statements: [trial.statement],
      execution: small ? 'direct' : trial.execution,
      executionReason: small ? `${trial.reason}; the table is small` : trial.reason,
      ...(small ? { directLimits: this.direct } : {}),
      safety: inTheWay.length > 0 ? 'blocked' : unsafe.length > 0 ? 'unsafe' : 'safe',
      reasons: [...inTheWay, ...unsafe],
      ...(renames.length > 0 ? { renamedColumns: renames } : {}),
      ...(copies
        ? revertibility(from, to, differences, renames)
        : notRevertible('in-table', 'the table itself is changed, and none is kept')),
    });
  }

  /** P4: the copy has to end in the definition that was tried, names of CHECK constraints included. */
  async #copyBlocked(live: LiveTable, { statement, result }: Trial): Promise<Reason[]> {
    if ([live.canonical, result].every((text) => parseDefinition(text).checks.length === 0)) return [];
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

  #blocked(
    live: LiveTable,
    desired: string,
    reasons: readonly Reason[],
    statements: readonly string[] = [],
  ): PlannedTask {
    return plannedTask(this.namespace, live.name, {
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

  async #try(
    live: LiveTable,
    statement: string,
    renames: readonly RenamedColumn[],
    known?: readonly Difference[],
  ): Promise<Trial> {
    const workspace = await this.#open();
    this.#rowVersions ??= readRowVersions(this.session, this.physical);
    const rowVersions = (await this.#rowVersions).get(live.name) ?? 0;
    return tryStatement(workspace, { ...live, rowVersions }, statement, renames, known);
  }
}

/** In other letters, a column has the same name for the engine. */
function isAnotherName({ from, to }: RenamedColumn): boolean {
  return !sameName(from, to);
}

function byTable(a: PlannedTask, b: PlannedTask): number {
  return a.table < b.table ? -1 : 1;
}

function refused(error: unknown, { sql, where, text, shift }: WrittenAlter): unknown {
  if (!(error instanceof SternaError) || error.code !== 'sql_error') return error;
  const { offset, said } = refusalOf(error, sql);
  return invalidStatement(where, text, Math.max(offset + shift, 0), `a statement that the server accepts; ${said}`);
}
