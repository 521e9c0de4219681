import type { LintLevels, PlannedTask } from '../contract/index.js';
import type { Session } from '../mysql/index.js';
import { diffTables } from './diff.js';
import { lintTable } from './lint/index.js';
import { parseDefinition } from './table-definition.js';

/** Words that a name may not be without quotes, in upper case, as this server has them. */
export async function readReservedWords(session: Session): Promise<ReadonlySet<string>> {
  const rows = await session.query<{ word: string }>(
    'SELECT WORD AS word FROM information_schema.KEYWORDS WHERE RESERVED = 1',
  );
  return new Set(rows.map(({ word }) => word));
}

/** Adds to each task of a namespace what the rules find in the table that it leads to; an `error` blocks it. */
export async function lintTasks(
  session: Session,
  physical: string,
  tasks: readonly PlannedTask[],
  levels: LintLevels = {},
): Promise<PlannedTask[]> {
  const definitions = new Map(
    tasks.flatMap(({ table, desiredDefinition }) =>
      desiredDefinition === null ? [] : [[table, parseDefinition(desiredDefinition)] as const],
    ),
  );
  if (definitions.size === 0) return [...tasks];
  const facts = { reservedWords: await readReservedWords(session), tables: definitions, isWhole: false };
  const nextIds = await readNextIds(session, physical);
  return tasks.map((task) => {
    const definition = definitions.get(task.table);
    if (definition === undefined) return task;
    const { liveDefinition, table: name } = task;
    const nextId = nextIds.get(name);
    const before = liveDefinition === null ? undefined : parseDefinition(liveDefinition);
    const lint = lintTable(
      {
        name,
        definition,
        differences: before === undefined ? [] : diffTables(before, definition),
        ...(before === undefined ? {} : { before }),
        renames: task.renamedColumns ?? [],
        ...(nextId === undefined ? {} : { nextId }),
      },
      facts,
      levels,
    );
    const errors = lint.filter(({ severity }) => severity === 'error');
    if (errors.length === 0) return { ...task, lint };
    const reasons = errors.map(({ rule, message, column }) => ({
      code: `lint-${rule}`,
      message,
      ...(column === undefined ? {} : { column }),
    }));
    return { ...task, lint, safety: 'blocked' as const, reasons: [...task.reasons, ...reasons] };
  });
}

async function readNextIds(session: Session, physical: string): Promise<ReadonlyMap<string, bigint>> {
  const rows = await session.query<{ name: string; nextId: number | string }>(
    'SELECT TABLE_NAME AS name, AUTO_INCREMENT AS nextId FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND AUTO_INCREMENT IS NOT NULL',
    [physical],
  );
  return new Map(rows.map(({ name, nextId }) => [name, BigInt(nextId)]));
}
