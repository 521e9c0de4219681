import { chooseKey, readIndexes, type TrackedKey } from '../../src/engine/key.js';
import type { Session } from '../../src/mysql/index.js';

/** The key by which the engine follows `t` while nothing of it changes. */
export async function trackedKey(session: Session, namespace: string): Promise<TrackedKey | null> {
  const indexes = await readIndexes(session, namespace, 't');
  return chooseKey(indexes, indexes, (column) => column);
}
