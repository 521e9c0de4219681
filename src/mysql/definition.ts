import { createHash } from 'node:crypto';
import { withColumnCharsets } from './column-charsets.js';
import { withoutCounter } from './counter.js';
import { decodeDefinition } from './decode-definition.js';
import { splitDefinition } from './definition-text.js';
import { quoteName, quoteTable } from './identifiers.js';
import { serverErrorNumber } from './server-error.js';
import type { Session } from './session.js';

const NO_SUCH_TABLE = 1146;
const NO_SUCH_DATABASE = 1049;

/**
 * `SHOW CREATE TABLE` as the server has it, or null when there is no such table. Read without charset
 * conversion: otherwise 4-byte characters inside expressions come back as question marks. And without the session's
 * sql_mode, which a session that defines tables has from the server: with ANSI_QUOTES names would be quoted otherwise.
 */
export async function readDefinition(session: Session, namespace: string, table: string): Promise<string | null> {
  await session.execute("SET character_set_results = binary, @sterna_sql_mode = @@sql_mode, sql_mode = ''");
  try {
    const rows = await session.query(`SHOW CREATE TABLE ${quoteTable(namespace, table)}`);
    const text = rows[0]?.['Create Table'];
    return text === undefined ? null : Buffer.isBuffer(text) ? decodeDefinition(text) : (text as string);
  } catch (error) {
    const number = serverErrorNumber(error);
    if (number === NO_SUCH_TABLE || number === NO_SUCH_DATABASE) return null;
    throw error;
  } finally {
    await session.execute('SET character_set_results = utf8mb4, sql_mode = @sterna_sql_mode');
  }
}

/**
 * The canonical text: `SHOW CREATE TABLE` without the AUTO_INCREMENT counter, which moves with every row, and with charsets of
 * columns written in one way. A fixed point: what the server makes of it has the same canonical text.
 */
export function canonicalDefinition(showCreate: string): string {
  return withColumnCharsets(withoutCounter(showCreate));
}

/**
 * sha256 of the canonical text, with the table's own name taken out so that a shadow compares equal: also out of the names
 * that the server gave its CHECK constraints, which it renames with the table. Constraints are listed by name, and so in
 * another order then. `later`: the name that the table is to have, which constraints that were added may have already.
 */
export function fingerprint(showCreate: string, later?: string): string {
  const [head = '', name = ''] = /^CREATE TABLE `((?:[^`]|``)*)`/.exec(showCreate) ?? [];
  const given = [name, ...(later === undefined ? [] : [quoteName(later).slice(1, -1)])].map(
    (table) => `CONSTRAINT \`${table}_chk_`,
  );
  const { lines, options } = splitDefinition(canonicalDefinition(showCreate));
  const checks = lines
    .filter(isCheck)
    .map((line) => line.trim().replace(/,$/, ''))
    .map((line) => {
      const prefix = given.find((each) => line.startsWith(each));
      return prefix === undefined ? line : `CONSTRAINT \`_chk_${line.slice(prefix.length)}`;
    })
    .sort();
  const text =
    lines
      .map((line) => (isCheck(line) ? checks.shift() : line))
      .join('\n')
      .slice(head.length) + options;
  return createHash('sha256').update(`CREATE TABLE \`\`${text}`).digest('hex');
}

function isCheck(line: string): boolean {
  return /^ {2}CONSTRAINT `(?:[^`]|``)+` CHECK /.test(line);
}
