/** What whoever uses planner or engine alone connects with. */
export type { ConnectionConfig, TlsConfig } from './connection-config.js';
export { MysqlServer, type SessionOptions } from './server.js';
export type { Executed, QueryOptions, Row, Session, SqlValue } from './session.js';
