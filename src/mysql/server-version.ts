import type { Session } from './session.js';

/**
 * The first version that has what Sterna uses where it is there. Source: the manual's lists of what was added in a version,
 * https://dev.mysql.com/doc/refman/8.4/en/added-deprecated-removed.html. Tried on 9.7 alone.
 */
const SINCE = {
  /** The oldest that is served: `performance_schema.processlist`. */
  anything: [8, 0, 22],
  /** Columns that are added or dropped instantly at any place, and how often: `INNODB_TABLES.TOTAL_ROW_VERSIONS`. */
  rowVersions: [8, 0, 29],
  /** `ANALYZE TABLE … UPDATE HISTOGRAM … USING DATA`. */
  histogramsFromData: [8, 0, 31],
  /** `SHOW BINARY LOG STATUS`; before, it is `SHOW MASTER STATUS`. */
  binaryLogStatus: [8, 2, 0],
} as const satisfies Record<string, readonly [number, number, number]>;

export type ServerFeature = keyof typeof SINCE;
export const OLDEST_VERSION = SINCE.anything.join('.');

/** @param version as `SELECT VERSION()` says it, e.g. `8.0.36-28.1` */
export function versionHas(version: string, feature: ServerFeature): boolean {
  if (/mariadb/i.test(version)) return false;
  const parts = version.split(/[.-]/).map(Number);
  const differing = SINCE[feature].findIndex((part, i) => parts[i] !== part);
  return differing === -1 || (parts[differing] ?? 0) > (SINCE[feature][differing] ?? 0);
}

export async function serverHas(session: Session, feature: ServerFeature): Promise<boolean> {
  const [row] = await session.query<{ version: string }>('SELECT VERSION() AS version');
  return versionHas(row?.version ?? '', feature);
}
