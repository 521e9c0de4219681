export {
  type ConnectionConfig,
  type Executed,
  MysqlServer,
  type QueryOptions,
  type Row,
  type Session,
  type SessionOptions,
  type SqlValue,
  type TlsConfig,
} from '../mysql/index.js';
export { ChangeHold } from './change-hold.js';
export { findLeftovers, type FoundChange, type Leftovers, type LeftoverTable } from './leftovers.js';
export { DroppedTables } from './dropped.js';
export { type EngineContext, type EngineLog, type Point, POINTS } from './context.js';
export { oldName, shadowName, stateTableName } from './names.js';
export type { LoadLimits } from './load.js';
export type { KeyLiterals } from './key.js';
export { OnlineChange } from './online-change.js';
export type { KeptPlan, TablePhase, TableRecord } from './state-table.js';
export type { ThrottleOptions } from './throttle.js';
