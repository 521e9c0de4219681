import { type Execution, type RenamedColumn, sameName, SternaError } from '../contract/index.js';
import { askedCounter, oldName, quoteName, type Session, shadowName } from '../mysql/index.js';
import { growsInPlace } from './column-types.js';
import { type Difference, diffTables } from './diff.js';
import { parseDefinition } from './table-definition.js';
import type { Workspace } from './workspace.js';

/** Row versions that instant changes leave behind; the server refuses the 65th. Sterna stops before. */
const MAX_ROW_VERSIONS = 60;

export interface Trial {
  readonly execution: Execution;
  readonly reason: string;
  /** The statement as it will run, with the algorithm that the server has to keep to. */
  readonly statement: string;
  /** The definition that exactly this statement gave. */
  readonly result: string;
  readonly differences: readonly Difference[];
}

/**
 * How a table is changed, asked of the server itself: the statement is tried in the workspace with the
 * algorithm asserted, so that at run time the server refuses rather than copies. Throws what the server says
 * of a statement that it does not take at all.
 */
export async function tryStatement(
  workspace: Workspace,
  table: string,
  live: string,
  statement: string,
  rowVersions: number,
  renames: readonly RenamedColumn[] = [],
): Promise<Trial> {
  const instant = `${statement}, ALGORITHM=INSTANT`;
  const changed =
    rowVersions < MAX_ROW_VERSIONS ? await resultUnlessRefused(workspace, table, [live, instant]) : undefined;
  const result = changed ?? (await workspace.result(table, [live, statement]));
  const differences = diffTables(parseDefinition(live), parseDefinition(result));
  const inPlace = `${statement}, ALGORITHM=INPLACE, LOCK=NONE`;
  if (
    askedCounter(statement) !== undefined &&
    (await resultUnlessRefused(workspace, table, [live, inPlace])) === result
  )
    return { execution: 'inplace', reason: 'raises the next id', statement: inPlace, result, differences };
  if (differences.length === 0)
    return { execution: 'copy', reason: 'rebuilds the table, as asked', statement, result, differences };
  if (changed !== undefined)
    return { execution: 'instant', reason: 'only metadata changes, at once', statement: instant, result, differences };
  if (differences.every(isMetadata) && (await resultUnlessRefused(workspace, table, [live, inPlace])) === result)
    return { execution: 'inplace', reason: 'only metadata changes, in place', statement: inPlace, result, differences };
  return { execution: 'copy', reason: copyReason(differences, renames), statement, result, differences };
}

/**
 * What a copy ends in, rehearsed on the server: the shadow is made like the table, altered, and takes its name while the
 * old table has another one. Names that belong to the schema, as those of CHECK constraints, cannot be on both (P4).
 */
export async function rehearseCopy(
  workspace: Workspace,
  table: string,
  live: string,
  statement: string,
): Promise<string> {
  const [name, shadow, old] = [table, shadowName(table), oldName(table)].map(quoteName) as [string, string, string];
  return workspace.result(table, [
    `DROP TABLE IF EXISTS ${shadow}, ${old}`,
    live,
    `CREATE TABLE ${shadow} LIKE ${name}`,
    `ALTER TABLE ${shadow} ${statement.slice(`ALTER TABLE ${name} `.length)}`,
    `RENAME TABLE ${name} TO ${old}, ${shadow} TO ${name}`,
    `DROP TABLE ${old}`,
  ]);
}

/** Undefined when the server refuses, for whatever reason: without an asserted algorithm it tells the real one. */
async function resultUnlessRefused(
  workspace: Workspace,
  table: string,
  statements: readonly string[],
): Promise<string | undefined> {
  try {
    return await workspace.result(table, statements);
  } catch (error) {
    if (error instanceof SternaError && (error.code === 'instant_refused' || error.code === 'sql_error'))
      return undefined;
    throw error;
  }
}

/** In place without a rebuild, and without blocking replicas: adding an index is not among them. */
function isMetadata(difference: Difference): boolean {
  switch (difference.kind) {
    case 'rename-index':
    case 'index-visibility':
      return true;
    case 'drop-index':
      return difference.index.kind !== 'primary' && !difference.replaced;
    case 'option':
      return ['COMMENT', 'STATS_PERSISTENT', 'STATS_AUTO_RECALC', 'STATS_SAMPLE_PAGES'].includes(difference.option);
    case 'change-column':
      return (
        !difference.moved &&
        difference.from.charset === difference.to.charset &&
        difference.from.collation === difference.to.collation &&
        difference.from.nullable === difference.to.nullable &&
        (difference.from.type === difference.to.type ||
          growsInPlace(difference.from.type, difference.to.type, difference.to.charset))
      );
    default:
      return false;
  }
}

function copyReason(differences: readonly Difference[], renames: readonly RenamedColumn[]): string {
  const texts = differences.flatMap((difference): string | [] => {
    const { from, to } =
      renames.find((each) =>
        difference.kind === 'drop-column'
          ? sameName(each.from, difference.column.name)
          : difference.kind === 'add-column' && sameName(each.to, difference.column.name),
      ) ?? {};
    if (from !== undefined) return difference.kind === 'drop-column' ? [] : `renames \`${from}\` to \`${to}\``;
    switch (difference.kind) {
      case 'change-column':
        if (difference.from.type !== difference.to.type) return `changes the type of \`${difference.to.name}\``;
        if (difference.from.charset !== difference.to.charset || difference.from.collation !== difference.to.collation)
          return `converts the text of \`${difference.to.name}\``;
        return difference.moved ? `moves \`${difference.to.name}\`` : `changes \`${difference.to.name}\``;
      case 'add-index':
        return `adds index \`${difference.index.name}\``;
      case 'drop-index':
        return `drops index \`${difference.index.name}\``;
      case 'add-column':
      case 'drop-column':
        return `${difference.kind === 'add-column' ? 'adds' : 'drops'} \`${difference.column.name}\``;
      case 'option':
        return `changes ${difference.option}`;
      case 'partitioning':
        return difference.clause === 'REMOVE PARTITIONING' ? 'removes the partitions' : 'partitions the table';
      default:
        return 'changes the table';
    }
  });
  return texts.slice(0, 3).join(', ') + (texts.length > 3 ? ', …' : '');
}

/**
 * Instant changes so far, per table; the server counts them. Without the PROCESS privilege they stay unknown: the
 * server then refuses the one too many when it runs.
 */
export async function readRowVersions(session: Session, physical: string): Promise<Map<string, number>> {
  try {
    const rows = await session.query<{ name: string; versions: number }>(
      "SELECT NAME AS name, TOTAL_ROW_VERSIONS AS versions FROM information_schema.INNODB_TABLES WHERE NAME LIKE CONCAT(?, '/%')",
      [physical],
    );
    return new Map(rows.map(({ name, versions }) => [name.slice(name.indexOf('/') + 1), Number(versions)]));
  } catch (error) {
    if (error instanceof SternaError && error.code === 'missing_privilege') return new Map();
    throw error;
  }
}
