import { type Reason, sameName } from '../contract/index.js';
import { quoteName, type Session } from '../mysql/index.js';
import { parseType } from './column-types.js';
import type { Difference } from './diff.js';
import type { ColumnItem, TableDefinition } from './table-definition.js';

/** Whether there may be any: looking for them takes a while. */
export function mayHideMembers(definition: TableDefinition): boolean {
  return suspects(definition).length > 0;
}

/** Charsets with characters of four bytes in UTF-8. */
const WIDE = /^(utf8mb4|utf16|utf16le|utf32|gb18030)$/;

/**
 * Enums and sets of which the server may show other members than there are: it shows a question mark for a character of
 * four bytes, and a statement with what it shows would change the member.
 */
function suspects({ columns }: TableDefinition): ColumnItem[] {
  return columns.filter(({ type, charset }) => /^(enum|set)\b.*\?/s.test(type) && WIDE.test(charset ?? ''));
}

/** Those whose members are in fact other ones. `table` is in quotes; reads its definition, and no row of it. */
export async function hiddenMembers(session: Session, table: string, definition: TableDefinition): Promise<string[]> {
  const hidden: string[] = [];
  for (const { name, type } of suspects(definition)) {
    const column = quoteName(name);
    const { name: kind, members } = parseType(type);
    const values = members.map((_, i) => (kind === 'set' ? 1n << BigInt(i) : i + 1));
    // With all others, which defaults may look at; and then alone, so that a row needs no other value.
    const all = definition.columns.map((each) => quoteName(each.name));
    const others = all.filter((each) => each !== column).map((each) => `DROP COLUMN ${each}`);
    // A key, which some servers ask for and others make.
    await session.execute(
      `CREATE TEMPORARY TABLE _members (_sterna_id INT AUTO_INCREMENT PRIMARY KEY) SELECT ${all.join(', ')} FROM ${table} LIMIT 0`,
    );
    try {
      await session.execute(`ALTER TABLE _members ALTER COLUMN ${column} DROP DEFAULT`);
      if (others.length > 0) await session.execute(`ALTER TABLE _members ${others.join(', ')}`);
      await session.execute(
        `INSERT INTO _members (${column}) VALUES ${values.map((value) => `(${value})`).join(', ')}`,
      );
      const found = await session.query(
        `SELECT 1 FROM _members WHERE HEX(CONVERT(${column} USING utf8mb4)) <> HEX(CONVERT(${column} USING utf8mb3)) LIMIT 1`,
      );
      if (found.length > 0) hidden.push(name);
    } finally {
      await session.execute('DROP TEMPORARY TABLE _members');
    }
  }
  return hidden;
}

/** Why a table cannot be changed, or made, by what the server shows of these columns. */
export function hiddenMembersReasons(
  hidden: { readonly live: readonly string[]; readonly desired: readonly string[] },
  differences: readonly Difference[],
): Reason[] {
  const has = (names: readonly string[], { name }: ColumnItem): boolean => names.some((each) => sameName(each, name));
  return differences.flatMap((each) => {
    if (each.kind === 'add-column')
      return has(hidden.desired, each.column) ? hiddenMembersReason(each.column.name) : [];
    if (each.kind !== 'change-column') return [];
    return has(hidden.live, each.from) || has(hidden.desired, each.to) ? hiddenMembersReason(each.to.name) : [];
  });
}

export function hiddenMembersReason(column: string): Reason {
  return {
    code: 'hidden-members',
    column,
    message: `\`${column}\` has members with characters of four bytes, which the server shows as question marks; change it with a written statement`,
  };
}
