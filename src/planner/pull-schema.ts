import type { PullSchemaResult } from '../contract/index.js';
import { assertNamespace, readLiveTables } from './live-tables.js';
import { openSession, type PlanningDependencies } from './planning.js';

const SYSTEM = ['mysql', 'sys', 'performance_schema', 'information_schema'];

/** The live tables as files that plan to nothing. Without names: every namespace that holds tables. */
export async function pullSchema(
  dependencies: PlanningDependencies,
  namespaces?: readonly string[],
): Promise<PullSchemaResult> {
  const { server, physical, signal } = dependencies;
  await using session = await openSession(server, { signal });
  const names =
    namespaces ??
    (
      await session.query<{ name: string }>(
        "SELECT DISTINCT TABLE_SCHEMA AS name FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA NOT IN (?, ?, ?, ?) AND TABLE_SCHEMA NOT LIKE '\\\\_sterna\\\\_ws\\\\_%' ORDER BY TABLE_SCHEMA",
        SYSTEM,
      )
    ).map((row) => row.name);
  const schema: Record<string, Record<string, string>> = {};
  for (const namespace of names) {
    await assertNamespace(session, physical(namespace), namespace);
    const tables = await readLiveTables(server, physical(namespace), () => true, signal);
    schema[namespace] = Object.fromEntries(tables.map((table) => [`${table.name}.sql`, `${table.canonical};\n`]));
  }
  return { schema };
}
