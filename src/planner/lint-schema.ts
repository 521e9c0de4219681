import picomatch from 'picomatch';
import type { LintedTable, LintRequest } from '../contract/index.js';
import { readDesiredFiles } from './desired-files.js';
import { readReservedWords } from './lint-tasks.js';
import { lintTable } from './lint/index.js';
import { assertNamespace } from './live-tables.js';
import { NamespacePlanner } from './namespace-planner.js';
import { openSession, type PlanningDependencies } from './planning.js';
import { parseDefinition } from './table-definition.js';

/** What the rules find in desired files, whatever the live tables are: the server only reads them, in a scratch schema. */
export async function lintSchema(dependencies: PlanningDependencies, request: LintRequest): Promise<LintedTable[]> {
  const { server, physical, signal } = dependencies;
  const { ignoreTables = [], lint = {} } = request;
  const ignored = picomatch([...ignoreTables]);
  const desired = readDesiredFiles(request.schema).filter(({ table }) => ignoreTables.length === 0 || !ignored(table));
  const schemas = new Map(desired.map(({ namespace }) => [namespace, physical(namespace)])); // R4: before any connection
  await using session = await openSession(server, { signal });
  const reservedWords = await readReservedWords(session);
  const linted: LintedTable[] = [];
  for (const [namespace, schema] of schemas) {
    await assertNamespace(session, schema, namespace);
    await using planner = new NamespacePlanner(dependencies, session, namespace, schema);
    const own = desired.filter((table) => table.namespace === namespace);
    const texts = await planner.canonicalTexts(own);
    const tables = new Map([...texts].map(([name, text]) => [name, parseDefinition(text)]));
    for (const [name, definition] of tables) {
      const findings = lintTable({ name, definition, differences: [] }, { reservedWords, tables, isWhole: true }, lint);
      linted.push({ namespace, table: name, findings });
    }
  }
  return linted;
}
