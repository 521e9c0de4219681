import { createHash } from 'node:crypto';
import picomatch from 'picomatch';
import type { Plan, PlannedTask, PlanRequest, Route } from '../contract/index.js';
import type { Session } from '../mysql/index.js';
import { readDesiredFiles, readStatements } from './desired-files.js';
import { lintTasks } from './lint-tasks.js';
import { assertNamespace } from './live-tables.js';
import { NamespacePlanner } from './namespace-planner.js';
import { openSession, type PlanningDependencies } from './planning.js';
import { assertBinlogFits, assertPrivileges, readGrants, readSettings } from './server-conditions.js';

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
  // Counters of ids as they are now, for lint, and not as a day ago.
  await using session = await openSession(server, { settings: { information_schema_stats_expiry: 0 }, signal });
  const ignored = picomatch([...(request.ignoreTables ?? [])]);
  const ignores = (table: string): boolean => (request.ignoreTables ?? []).length > 0 && ignored(table);
  const ignoredTables = new Set<string>();
  const tasks: PlannedTask[] = [];
  for (const [namespace, physical] of schemas) {
    await assertNamespace(session, physical, namespace);
    const keep = (table: string): boolean => {
      if (request.onlyTables?.includes(`${namespace}.${table}`) === false) return false;
      if (ignores(table)) ignoredTables.add(`${namespace}.${table}`);
      return !ignores(table);
    };
    await using planner = new NamespacePlanner(dependencies, session, namespace, physical, request.direct);
    const planned =
      request.schema === undefined
        ? await planner.fromStatements(alters.filter((alter) => alter.namespace === namespace && keep(alter.table)))
        : await planner.fromFiles(
            desired.filter((table) => table.namespace === namespace && keep(table.table)),
            keep,
          );
    tasks.push(...(await lintTasks(session, physical, planned, request.lint)));
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

const ORDER = { create: 0, alter: 1, drop: 2 } as const;

/** Within a namespace as they came: foreign keys tell which is first. */
function inOrder(a: PlannedTask, b: PlannedTask): number {
  if (a.action !== b.action) return ORDER[a.action] - ORDER[b.action];
  return a.namespace === b.namespace ? 0 : a.namespace < b.namespace ? -1 : 1;
}

/**
 * Estimates come from statistics that move by themselves, and what lint finds may too; everything else is under the hash.
 * What lint blocks is among the reasons.
 */
function seal(plan: Omit<Plan, 'planHash'>): Plan {
  const stable = {
    ...plan,
    tasks: plan.tasks.map(({ estimatedRows: _, estimatedBytes: __, estimatedSeconds: ___, lint: ____, ...task }) => ({
      ...task,
      reasons: task.reasons.map(({ code, column }) => ({ code, column })),
      revertReasons: task.revertReasons?.map(({ code, column }) => ({ code, column })),
    })),
  };
  return { ...plan, planHash: createHash('sha256').update(JSON.stringify(stable)).digest('hex') };
}
