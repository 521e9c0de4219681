import { SternaError } from './errors.js';
import type { SchemaChangeInput } from './input.js';
import type { Plan, PlannedTask } from './plan.js';

/**
 * The input of a change that takes another one back: the tables of its plan as they were before it, and no other table.
 * Definitions come back, values that were dropped with a column or a table do not: a dropped table that is still kept is
 * brought back by an undrop.
 *
 * @throws SternaError `rollback_impossible` when nothing was planned, or a namespace has only new tables, which would leave
 *   nothing desired in it (P5).
 */
export function rollbackOf(
  changeId: string,
  plan: Plan,
): Pick<SchemaChangeInput, 'target' | 'environment' | 'type' | 'schema' | 'options' | 'reason'> {
  const touched = plan.tasks.filter((task) => task.safety !== 'blocked');
  if (touched.length === 0)
    throw new SternaError(
      'rollback_impossible',
      `Expected a change with something to take back, ${changeId} has nothing.`,
    );
  const schema: Record<string, Record<string, string>> = {};
  for (const { namespace, table, ...task } of touched)
    if (task.liveDefinition !== null)
      (schema[namespace] ??= {})[`${table}.sql`] = `${annotated(task.liveDefinition, task)};\n`;
  const bare = touched.find(({ namespace }) => schema[namespace] === undefined);
  if (bare !== undefined)
    throw new SternaError(
      'rollback_impossible',
      `Expected a table of namespace ${bare.namespace} that was there before ${changeId}; it only created ${bare.id}, and an empty set of files never means "drop everything". Drop it by hand, or with a plan of the whole schema.`,
    );
  const { target, environment, type } = plan.route;
  return {
    target,
    environment,
    type,
    schema,
    options: { onlyTables: touched.map(({ id }) => id) },
    reason: `rollback of ${changeId}`,
  };
}

/** Columns that got another name get the old one back, with their values. */
function annotated(definition: string, { renamedColumns = [] }: Pick<PlannedTask, 'renamedColumns'>): string {
  return renamedColumns.reduce((text, { from, to }) => {
    const column = `\n  \`${from.replaceAll('`', '``')}\` `;
    return text.replace(column, () => `\n  -- sterna:renamed from=\`${to.replaceAll('`', '``')}\`${column}`);
  }, definition);
}
