import { type Execution, type RenamedColumn, sameName, SternaError } from '../contract/index.js';
import { askedCounter, oldName, quoteName, serverHas, type Session, shadowName } from '../mysql/index.js';
import { growsInPlace } from './column-types.js';
import { alterStatement, type Difference, diffTables, needsAlgorithmCopy } from './diff.js';
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

/** The table that a statement is tried on. */
export interface Subject {
  readonly name: string;
  readonly canonical: string;
  readonly rowVersions: number;
}

/**
 * How a table is changed, asked of the server itself: the statement is tried in the workspace with the
 * algorithm asserted, so that at run time the server refuses rather than copies. Throws what the server says
 * of a statement that it does not take at all. `known`: what a generated statement is to change.
 */
export async function tryStatement(
  workspace: Workspace,
  table: Subject,
  statement: string,
  renames: readonly RenamedColumn[] = [],
  known?: readonly Difference[],
): Promise<Trial> {
  const alternatives: { execution: Execution; sql: string }[] = [];
  if (table.rowVersions < MAX_ROW_VERSIONS && !needsAlgorithmCopy(known ?? []))
    alternatives.push({ execution: 'instant', sql: `${statement}, ALGORITHM=INSTANT` });
  if (known?.every(isMetadata) === true)
    alternatives.push({ execution: 'inplace', sql: inPlace(table.name, statement, known) });
  alternatives.push({ execution: 'copy', sql: statement });
  // Left to itself, the server may choose a way that fails: a column of a long name is not dropped at once.
  const anew = known === undefined ? null : alterStatement(table.name, known, true);
  if (anew !== null && anew !== statement) alternatives.push({ execution: 'copy', sql: anew });
  const { chosen, result } = await workspace.firstResult(
    table.name,
    [table.canonical],
    alternatives.map(({ sql }) => sql),
  );
  const { execution, sql } = alternatives[chosen] ?? { execution: 'copy', sql: statement };
  const differences = known ?? diffTables(parseDefinition(table.canonical), parseDefinition(result));
  const trial = { execution, statement: sql, result, differences };
  const hasCounter = parseDefinition(table.canonical).columns.some(({ autoIncrement }) => autoIncrement);
  if (hasCounter && askedCounter(statement) !== undefined) {
    const counter = `${statement}, ALGORITHM=INPLACE, LOCK=NONE`;
    await workspace.result(table.name, [table.canonical, counter]);
    return { ...trial, execution: 'inplace', statement: counter, reason: 'raises the next id' };
  }
  if (differences.length === 0)
    return { ...trial, execution: 'copy', statement, reason: 'rebuilds the table, as asked' };
  if (execution === 'instant') return { ...trial, reason: 'only metadata changes, at once' };
  if (execution === 'inplace') return { ...trial, reason: 'only metadata changes, in place' };
  // Of a statement as written, what it changes is known only now.
  if (known === undefined && differences.every(isMetadata)) {
    const again = await tryStatement(workspace, table, statement, renames, differences);
    if (again.result === result) return again;
  }
  return { ...trial, reason: copyReason(differences, renames) };
}

function inPlace(table: string, statement: string, differences: readonly Difference[]): string {
  const algorithm = 'ALGORITHM=INPLACE, LOCK=NONE';
  if (!differences.some(({ kind }) => kind === 'add-partitions')) return `${statement}, ${algorithm}`;
  // Nothing may stand behind ADD PARTITION.
  const prefix = `ALTER TABLE ${quoteName(table)} `;
  return `${prefix}${algorithm}, ${statement.slice(prefix.length)}`;
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
  const beside = [shadowName(table), oldName(table)];
  const [name, shadow, old] = [table, ...beside].map(quoteName) as [string, string, string];
  const statements = [
    live,
    `CREATE TABLE ${shadow} LIKE ${name}`,
    `ALTER TABLE ${shadow} ${statement.slice(`ALTER TABLE ${name} `.length)}`,
    `RENAME TABLE ${name} TO ${old}, ${shadow} TO ${name}`,
    `DROP TABLE ${old}`,
  ];
  return workspace.result(table, statements, beside);
}

/** In place without a rebuild, and without blocking replicas: adding an index is not among them. */
function isMetadata(difference: Difference): boolean {
  switch (difference.kind) {
    case 'rename-index':
    case 'index-visibility':
    case 'rename-column':
    case 'drop-foreign-key':
    case 'add-partitions':
      return true;
    case 'check':
      return /^DROP | NOT ENFORCED( \*\/)?$/.test(difference.clause);
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
        difference.from.generated === difference.to.generated &&
        (difference.from.type === difference.to.type ||
          growsInPlace(difference.from.type, difference.to.type, difference.to.charset))
      );
    default:
      return false;
  }
}

function copyReason(differences: readonly Difference[], renames: readonly RenamedColumn[]): string {
  const texts = differences.flatMap((difference): string | [] => {
    if (difference.kind === 'drop-index' && difference.replaced) return [];
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
        if (difference.from.generated !== difference.to.generated)
          return `${difference.to.generated === null ? 'no longer computes' : 'computes'} \`${difference.to.name}\``;
        return difference.moved ? `moves \`${difference.to.name}\`` : `changes \`${difference.to.name}\``;
      case 'add-index':
        return `${difference.replaced ? 'makes anew' : 'adds'} index \`${difference.index.name}\``;
      case 'rename-index':
        return `renames index \`${difference.index.name}\``;
      case 'index-visibility':
        return `changes the visibility of index \`${difference.index.name}\``;
      case 'rename-column':
        return `renames \`${difference.from}\` to \`${difference.to}\``;
      case 'drop-index':
        return `drops index \`${difference.index.name}\``;
      case 'add-column':
      case 'drop-column':
        return `${difference.kind === 'add-column' ? 'adds' : 'drops'} \`${difference.column.name}\``;
      case 'option':
        return `changes ${difference.option}`;
      case 'partitioning':
      case 'add-partitions':
        return difference.clause === 'REMOVE PARTITIONING' ? 'removes the partitions' : 'partitions the table anew';
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
  if (!(await serverHas(session, 'rowVersions'))) return new Map();
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
