import type { TestNamespace } from '../support/namespace.js';
import type { FileEntries } from './contract.js';

/** As docs/inventory.md shows it. */
export const RESOLVE = (schema: string): string => `SELECT * FROM ${schema}.targets WHERE target = :target`;
export const LIST = (schema: string): string => `SELECT * FROM ${schema}.targets`;

const TABLE = `
  CREATE TABLE targets (
    target VARCHAR(255) NOT NULL,
    environment VARCHAR(64) NOT NULL,
    type VARCHAR(32) NOT NULL DEFAULT 'mysql',
    dsn VARCHAR(1024),
    host VARCHAR(255), port INT UNSIGNED, user VARCHAR(255), password VARCHAR(255), tls VARCHAR(16),
    tls_ca VARCHAR(1024),
    dsn_from JSON, replicas JSON, workspace JSON, throttle JSON, labels JSON, schema_overrides JSON,
    metadata TEXT,
    require_writer BOOLEAN NOT NULL DEFAULT FALSE,
    allow_database BOOLEAN,
    PRIMARY KEY (target, environment)
  )`;

export async function createInventoryTable(space: TestNamespace, entries: FileEntries): Promise<void> {
  await space.query(TABLE);
  for (const [target, all] of Object.entries(entries)) {
    for (const { address, ...entry } of all) {
      const row: Record<string, unknown> = { target, ...entry, ...(address as object | undefined) };
      const columns = Object.keys(row);
      await space.query(
        `INSERT INTO targets (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
        columns.map((column) => (typeof row[column] === 'object' ? JSON.stringify(row[column]) : row[column])),
      );
    }
  }
}
