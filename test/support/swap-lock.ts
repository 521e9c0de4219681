import type { TestNamespace } from './namespace.js';
import { until } from './until.js';

/** The connection of a swap, forth or back, once it waits for its lock. */
export function waitingForSwapLock(space: TestNamespace): Promise<number> {
  return until(
    'it waits for the lock',
    async () => {
      const [row] = await space.query<{ id: number | string }>(
        "SELECT ID AS id FROM performance_schema.processlist WHERE INFO LIKE 'LOCK TABLES%' AND INFO LIKE ? AND STATE LIKE 'Waiting for%'",
        [`%${space.name}%`],
      );
      return Number(row?.id ?? 0);
    },
    { intervalMs: 10 },
  );
}
