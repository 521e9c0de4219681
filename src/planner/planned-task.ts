import type { PlannedTask } from '../contract/index.js';
import { fingerprint } from '../mysql/index.js';
import { copySeconds } from './cost.js';
import type { LiveTable } from './live-tables.js';

type Decided =
  | 'action'
  | 'statements'
  | 'execution'
  | 'executionReason'
  | 'directLimits'
  | 'safety'
  | 'reasons'
  | 'renamedColumns'
  | 'revertible'
  | 'revertReasons';

/** What was decided of a table, and the table before and after. */
export type Decision = Pick<PlannedTask, Decided> & {
  readonly live?: LiveTable;
  readonly desired?: string;
};

export function plannedTask(namespace: string, table: string, decision: Decision): PlannedTask {
  const { live, desired, ...rest } = decision;
  return {
    id: `${namespace}.${table}`,
    namespace,
    table,
    ...rest,
    lint: [],
    liveDefinition: live?.canonical ?? null,
    desiredDefinition: desired ?? null,
    liveFingerprint: live === undefined ? null : fingerprint(live.canonical),
    desiredFingerprint: desired === undefined ? null : fingerprint(desired),
    estimatedRows: live?.rows ?? 0,
    estimatedBytes: live?.bytes ?? 0,
    ...(rest.execution === 'copy' && rest.safety !== 'blocked' && live !== undefined
      ? { estimatedSeconds: copySeconds(live.rows, live.bytes) }
      : {}),
  };
}
