export * from './connecting.js';
export { answered, PATIENCE } from './answered.js';
export {
  type BinlogEvent,
  type BinlogStart,
  BinlogStream,
  type BinlogStreamOptions,
  type Coordinate,
  GtidSet,
} from './binlog-stream.js';
export { describeBlockers } from './blockers.js';
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
export { serverErrorNumber, serverMessage } from './server-error.js';
export { OLDEST_VERSION, serverHas, versionHas } from './server-version.js';
export { isBelow } from './small-table.js';
export { definingMode } from './sql-mode.js';
export { oldName, shadowName } from './table-names.js';
export { misfitSql, type Room } from './misfit.js';
