import type { Session } from '../mysql/index.js';
import type { StateTable } from './state-table.js';

/**
 * Until when a copy can be resumed from its saved position, as ISO 8601: the server keeps every binlog that was written to
 * since then for so long. Undefined where there is no position yet, or where no binlog goes for its age.
 */
export async function resumeDeadline(session: Session, state: StateTable): Promise<string | undefined> {
  const savedAt = await state.positionSavedAt(session);
  if (savedAt === undefined) return undefined;
  // Older servers do not have the second one, and purge.
  const rows = await session.query<{ Variable_name: string; Value: string }>(
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('binlog_expire_logs_seconds', 'binlog_expire_logs_auto_purge')",
  );
  const settings = new Map(rows.map((row) => [row.Variable_name, row.Value]));
  const seconds = Number(settings.get('binlog_expire_logs_seconds') ?? 0);
  if (seconds === 0 || settings.get('binlog_expire_logs_auto_purge') === 'OFF') return undefined;
  return new Date(savedAt + seconds * 1_000).toISOString();
}
