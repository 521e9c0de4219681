import { randomUUID } from 'node:crypto';
import type { MysqlServer, Session } from '../mysql/index.js';

/** Connection attributes by which the sessions of a driver are found; the driver's own name is new each time. */
export interface DriverAttributes extends Record<string, string> {
  readonly sterna_change: string;
  readonly sterna_driver: string;
}

export function driverAttributes(changeId: string): DriverAttributes {
  return { sterna_change: changeId.slice(0, 250), sterna_driver: randomUUID() };
}

/**
 * Ends the sessions of every other driver of this change. By connection attribute, so that no number of a connection
 * that is long gone can hit somebody else's.
 */
export async function endEarlierDrivers(server: MysqlServer, main: Session, own: DriverAttributes): Promise<void> {
  const rows = await main.query<{ id: number }>(
    `SELECT c.PROCESSLIST_ID AS id FROM performance_schema.session_account_connect_attrs c
         JOIN performance_schema.session_account_connect_attrs d ON d.PROCESSLIST_ID = c.PROCESSLIST_ID
        WHERE c.ATTR_NAME = 'sterna_change' AND c.ATTR_VALUE = ? AND d.ATTR_NAME = 'sterna_driver' AND d.ATTR_VALUE <> ?`,
    [own.sterna_change, own.sterna_driver],
  );
  for (const { id } of rows) await server.kill(id, 'CONNECTION');
}
