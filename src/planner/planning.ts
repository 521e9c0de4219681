import type { MysqlServer } from '../mysql/index.js';

export interface PlanningLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
}

export interface PlanningDependencies {
  readonly server: MysqlServer;
  /** Namespace -> MySQL schema; throws `namespace_not_allowed` (R4). */
  readonly physical: (namespace: string) => string;
  readonly signal: AbortSignal;
  readonly log: PlanningLog;
}
