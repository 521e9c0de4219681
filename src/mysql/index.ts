export { PATIENCE } from './answered.js';
export {
  type BinlogEvent,
  type BinlogStart,
  BinlogStream,
  type BinlogStreamOptions,
  type Coordinate,
  GtidSet,
} from './binlog-stream.js';
export type { ConnectionConfig, TlsConfig } from './connection-config.js';
export { canonicalDefinition, fingerprint, readDefinition } from './definition.js';
export {
  listAt,
  quotedNames,
  splitDefinition,
  splitList,
  withNames,
  withoutQuoted,
  withoutWords,
} from './definition-text.js';
export { quoteName, quoteTable } from './identifiers.js';
export { askedCounter, nextId, withoutCounter } from './counter.js';
export { inUtf8mb4, keepsKeyValues, KEY_TYPES, ordersAlike } from './key-types.js';
export { MysqlServer } from './server.js';
export { serverErrorNumber } from './server-error.js';
export type { QueryOptions, Session } from './session.js';
export { definingMode } from './sql-mode.js';
export { oldName, shadowName } from './table-names.js';
