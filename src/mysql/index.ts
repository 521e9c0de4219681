export { type BinlogEvent, BinlogStream, type BinlogStreamOptions, GtidSet } from './binlog-stream.js';
export type { ConnectionConfig, TlsConfig } from './connection-config.js';
export { canonicalDefinition, fingerprint, readDefinition } from './definition.js';
export { quoteName, quoteTable } from './identifiers.js';
export { MysqlServer, type SessionOptions } from './server.js';
export { serverErrorNumber, translateError, withoutAccount } from './server-error.js';
export { type Executed, type QueryOptions, type Row, Session, type SqlValue } from './session.js';
