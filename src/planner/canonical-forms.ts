import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Session } from '../mysql/index.js';

/** Whatever a server takes into account when it makes a table of a text, as far as a session does not set it. */
const SETTINGS = [
  ...['version', 'explicit_defaults_for_timestamp', 'default_storage_engine', 'lower_case_table_names'],
  ...['default_collation_for_utf8mb4', 'default_table_encryption', 'character_set_server', 'collation_server'],
  ...['innodb_strict_mode', 'innodb_default_row_format', 'innodb_file_per_table'],
  ...['sql_generate_invisible_primary_key', 'show_gipk_in_create_table_and_information_schema'],
  ...['sql_require_primary_key', 'restrict_fk_on_non_standard_key', 'show_create_table_verbosity'],
];

/**
 * What servers made of texts, in this process: the same text on the same server, of the same version and settings, gives the
 * same table. Another server may lack what a text names, such as a tablespace. Files that did not change since the last plan
 * need no scratch schema.
 */
export class CanonicalForms {
  readonly #known: LRUCache<string, string>;

  /** @param maxBytes of texts; those not asked for the longest go first */
  constructor(maxBytes = 64 * 1024 * 1024) {
    this.#known = new LRUCache({ maxSize: maxBytes, sizeCalculation: (text) => Buffer.byteLength(text) + 100 });
  }

  /** For the tables of one schema, whose defaults count, too. */
  async of(session: Session, schema: string): Promise<FormsOfSchema> {
    const settings = await readSettingsOf(session, ['server_uuid', 'sql_mode', ...SETTINGS]);
    const defaults = await session.query(
      'SELECT DEFAULT_CHARACTER_SET_NAME AS charset, DEFAULT_COLLATION_NAME AS collation, DEFAULT_ENCRYPTION AS encryption FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?',
      [schema],
    );
    const place = JSON.stringify([settings, defaults]);
    const key = (sql: string): string => createHash('sha256').update(`${place}\n${sql}`).digest('base64');
    return {
      get: (sql) => this.#known.get(key(sql)),
      set: (sql, canonical) => void this.#known.set(key(sql), canonical),
    };
  }
}

function readSettingsOf(
  session: Session,
  names: readonly string[],
): Promise<{ readonly name: string; readonly value: string }[]> {
  return session.query(
    'SELECT VARIABLE_NAME AS name, VARIABLE_VALUE AS value FROM performance_schema.global_variables WHERE FIND_IN_SET(VARIABLE_NAME, ?) > 0 ORDER BY 1',
    [names.join(',')],
  );
}

/** Settings in which a server would make other tables of the same texts: `sql_mode 'a' and 'b'`. */
export async function differingSettings(session: Session, other: Session): Promise<string[]> {
  const [here, there] = await Promise.all([readSettingsOf(session, SETTINGS), readSettingsOf(other, SETTINGS)]);
  const values = new Map(there.map(({ name, value }) => [name, value]));
  const names = [...new Set([...here, ...there].map(({ name }) => name))];
  const own = new Map(here.map(({ name, value }) => [name, value]));
  return names
    .filter((name) => own.get(name) !== values.get(name))
    .map((name) => `${name} (${own.get(name) ?? 'none'} and ${values.get(name) ?? 'none'})`);
}

export interface FormsOfSchema {
  readonly get: (sql: string) => string | undefined;
  readonly set: (sql: string, canonical: string) => void;
}

/** Of all targets of the process: bounded together. */
export const canonicalForms = new CanonicalForms();
