import { SternaError } from '../contract/index.js';
import type { Session } from '../mysql/index.js';

/** Sessions that read and write rows. Nothing is refused here that the table holds already; warnings are fatal instead. */
export const ROW_SETTINGS = {
  sql_mode: 'NO_AUTO_VALUE_ON_ZERO',
  time_zone: '+00:00',
  transaction_isolation: 'READ-COMMITTED',
  lock_wait_timeout: 5,
  innodb_lock_wait_timeout: 5,
  range_optimizer_max_mem_size: 0,
  foreign_key_checks: 0,
} as const;

/** How many warnings of one statement this session can show; more need SESSION_VARIABLES_ADMIN, which not every user has. */
export async function raiseWarningLimit(session: Session): Promise<number> {
  try {
    await session.execute('SET SESSION max_error_count = 65535');
  } catch (error) {
    if (!(error instanceof SternaError) || error.code !== 'missing_privilege') throw error;
  }
  const [row] = await session.query<{ most: number }>('SELECT @@SESSION.max_error_count AS most');
  return row?.most ?? 0;
}
