import type { TableRecord } from '../../src/engine/state-table.js';
import { fingerprint } from '../../src/mysql/index.js';
import { plannedTask } from '../workflows/plans.js';
import { NAMESPACE, TABLE } from './simulated-server.js';

/** One piece of the protocol that is left out, so that the search has something to find. */
export type Removal =
  | 'the fence'
  | 'the barrier'
  | 'the epoch'
  | 'flushing before the position is saved'
  | 'the deletion above the watermark'
  | 'waiting for prepared transactions'
  | 'the last flush under the lock';

export const LIVE = 'CREATE TABLE `t` (\n  `id` int NOT NULL\n) ENGINE=InnoDB';
export const DESIRED = 'CREATE TABLE `t` (\n  `id` bigint NOT NULL\n) ENGINE=InnoDB';
export const TASK = plannedTask(`${NAMESPACE}.${TABLE}`, {
  namespace: NAMESPACE,
  table: TABLE,
  execution: 'copy',
  liveDefinition: LIVE,
  desiredDefinition: DESIRED,
  liveFingerprint: fingerprint(LIVE),
  desiredFingerprint: fingerprint(DESIRED),
});
export const CHANGE = 'change';
/** So few, that a dozen rows are several chunks. */
export const CHUNK_ROWS = 2;

export const INITIAL_RECORD: TableRecord = {
  taskId: TASK.id,
  namespace: NAMESPACE,
  table: TABLE,
  phase: 'copying',
  originalFingerprint: TASK.liveFingerprint ?? '',
  desiredFingerprint: TASK.desiredFingerprint ?? '',
  deferredIndexes: [],
  rowsCopied: 0,
  rowsRepaired: 0,
  swapIntended: false,
};
