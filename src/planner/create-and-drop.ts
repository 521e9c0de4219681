import { type PlannedTask, type Reason, SternaError } from '../contract/index.js';
import { quoteName } from '../mysql/index.js';
import { parentOf, parentsOf } from './foreign-keys.js';
import { hiddenMembersReason } from './hidden-members.js';
import { keptName } from './kept-name.js';
import type { LiveTable } from './live-tables.js';
import { plannedTask } from './planned-task.js';
import { notRevertible } from './revertible.js';
import { parseDefinition } from './table-definition.js';
import type { Workspace } from './workspace.js';

/**
 * `after`: canonical texts of the tables as they are to be, by name, for the foreign keys. `hidden`: columns of which the
 * canonical text does not tell the members.
 */
export async function createTask(
  namespace: string,
  table: string,
  canonical: string,
  after: ReadonlyMap<string, string>,
  workspace: () => Promise<Workspace>,
  hidden: readonly string[],
): Promise<PlannedTask> {
  const { foreignKeys, options } = parseDefinition(canonical);
  const reasons: Reason[] = hidden.map(hiddenMembersReason);
  const engine = options.get('ENGINE');
  if (engine !== 'InnoDB')
    reasons.push({ code: 'engine', message: `only InnoDB tables are created, this one is ${engine}` });
  for (const key of foreignKeys) {
    const parent = parentOf(key);
    const block = (what: string): void =>
      void reasons.push({ code: 'foreign-key', message: `foreign key \`${key.name}\` points to ${what}` });
    if (parent.schema !== null) block(`another schema, \`${parent.schema}\`, at which this plan does not look`);
    else if (!after.has(parent.table)) block(`\`${parent.table}\`, and there is no such table`);
  }
  if (foreignKeys.length > 0 && reasons.length === 0) {
    const refusal = await refusalBesideParents(await workspace(), table, canonical, after);
    if (refusal !== null)
      reasons.push({ code: 'foreign-key', message: `the server refuses the foreign keys: ${refusal}` });
  }
  return plannedTask(namespace, table, {
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

/** P4: alone, a table with foreign keys is taken whatever they point to. Null when it is taken beside its parents as well. */
async function refusalBesideParents(
  workspace: Workspace,
  table: string,
  canonical: string,
  after: ReadonlyMap<string, string>,
): Promise<string | null> {
  const parents = parentsOf(table, canonical);
  // The child first: in a cycle the parents point to it.
  const statements = [canonical, ...parents.map((name) => after.get(name) ?? '')];
  try {
    await workspace.result(table, statements, parents);
    return null;
  } catch (error) {
    if (!(error instanceof SternaError) || error.code !== 'sql_error') throw error;
    return error.message;
  }
}

/** `children`: tables that stay and point to it. */
export function dropTask(namespace: string, live: LiveTable, children: readonly string[]): PlannedTask {
  const blocked = children.length > 0;
  const kept = keptName(live);
  const reasons: Reason[] = blocked
    ? [{ code: 'foreign-key', message: `foreign keys point to the table: ${children.join(', ')}` }]
    : [
        {
          code: 'name' in kept ? 'drops-table' : 'drops-table-for-good',
          message: `drops the table with about ${live.rows} rows, ${'name' in kept ? 'which can be undone for seven days' : `for good: ${kept.reason}`}`,
        },
      ];
  return plannedTask(namespace, live.name, {
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
