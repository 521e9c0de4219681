import type { PlannedTask } from '../../src/contract/index.js';
import { deferrableIndexes, redirect } from '../../src/engine/shadow.js';
import { fingerprint, oldName, quoteName, readDefinition, type Session, shadowName } from '../../src/mysql/index.js';

/**
 * The planned statement on an empty shadow, as the engine makes it: it has to have the planned fingerprint, also when its
 * indexes were built later, and has the table's name while `look` is called. Leaves the table as it was.
 */
export async function throughShadow(
  session: Session,
  namespace: string,
  task: PlannedTask,
  look: () => Promise<void>,
): Promise<void> {
  const [name, shadow, old] = [task.table, shadowName(task.table), oldName(task.table)].map(quoteName) as [
    string,
    string,
    string,
  ];
  const definition = async (): Promise<string> =>
    (await readDefinition(session, namespace, shadowName(task.table))) ?? '';
  const assertPlanned = async (when: string): Promise<void> => {
    const found = await definition();
    if (fingerprint(found, task.table) !== task.desiredFingerprint)
      throw new Error(`Expected the planned definition ${when}, found ${found}\ninstead of\n${task.desiredDefinition}`);
  };
  try {
    await session.execute(`CREATE TABLE ${shadow} LIKE ${name}`);
    for (const statement of task.statements) await session.execute(redirect(statement, task.table, shadow));
    await assertPlanned('of the shadow');
    const later = deferrableIndexes(await definition(), []);
    if (later.length > 0) {
      const names = later.map((index) => /^KEY `(?:[^`]|``)+`/.exec(index)?.[0]);
      await session.execute(`ALTER TABLE ${shadow} ${names.map((each) => `DROP ${each}`).join(', ')}`);
      await session.execute(
        `ALTER TABLE ${shadow} ${later.map((index) => `ADD ${index}`).join(', ')}, ALGORITHM=INPLACE, LOCK=NONE`,
      );
      await assertPlanned('when its indexes are built');
    }
    await session.execute(`RENAME TABLE ${name} TO ${old}, ${shadow} TO ${name}`);
    try {
      await look();
    } finally {
      await session.execute(`RENAME TABLE ${name} TO ${shadow}, ${old} TO ${name}`);
    }
  } finally {
    await session.execute(`DROP TABLE IF EXISTS ${shadow}`);
  }
}
