import { type MysqlServer, PATIENCE, type Session, type SessionOptions } from '../mysql/index.js';

/** Where a planner tells of what it could not tidy up, e.g. a pino logger. */
export interface PlanningLog {
  warn(fields: object, message: string): void;
}

/** The server to plan for, and what goes with one piece of planning. */
export interface PlanningDependencies {
  readonly server: MysqlServer;
  /** Where scratch schemas are made: one like the server, of the same version and settings. @default the server itself */
  readonly workspace?: MysqlServer;
  /** Namespace -> MySQL schema; throws `namespace_not_allowed` (R4). */
  readonly physical: (namespace: string) => string;
  readonly signal: AbortSignal;
  readonly log: PlanningLog;
  /**
   * Takes the removal of a scratch schema, which the answer need not wait for and the server may. It never fails; whoever closes
   * the server awaits it before. Absent: the answer waits.
   */
  readonly later?: (removal: Promise<void>) => void;
}

/** A plan is made again rather than wait behind somebody's lock. Tests make it longer. */
export const LOCK_WAIT = { seconds: 5 };

/** A session of a planner, which waits for no lock and for no silent server for long. */
export function openSession(server: MysqlServer, { settings = {}, ...options }: SessionOptions = {}): Promise<Session> {
  return server.connect({
    ...options,
    settings: { lock_wait_timeout: LOCK_WAIT.seconds, ...settings },
    answerMs: PATIENCE.plan,
  });
}
