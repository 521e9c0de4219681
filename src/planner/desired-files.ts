import {
  type AlterStatements,
  MAX_FILE_BYTES,
  type RenamedColumn,
  sameName,
  type SchemaFiles,
  SternaError,
} from '../contract/index.js';
import { annotatedRenames } from './renames.js';
import { placeOf, scanSql, type SqlToken } from './sql-scanner.js';

/** One CREATE TABLE of a desired file. */
export interface DesiredTable {
  readonly namespace: string;
  readonly table: string;
  /** `<namespace>/<file>`, for messages. */
  readonly file: string;
  /** All of the file. */
  readonly text: string;
  /** What is executed: without a closing semicolon, and white space around it. */
  readonly sql: string;
  /** Columns that are said to keep the values of others. */
  readonly renames: readonly RenamedColumn[];
}

// The highest version in what SHOW CREATE TABLE writes, for INVISIBLE columns. What a server took for a comment, it would
// read otherwise than was checked here.
const NEWEST_OF_SERVER = 80_023;
const FOREIGN_ENGINES = /^(FEDERATED|MERGE|MRG_MYISAM|CSV|ARCHIVE|BLACKHOLE|MEMORY|HEAP|EXAMPLE|NDB|NDBCLUSTER)$/i;

/**
 * Reads the desired files before anything is sent: exactly one plain CREATE TABLE each. A defence in depth,
 * by tokens; the server does the parsing. An empty set is an error, never "drop everything" (P5).
 */
export function readDesiredFiles(schema: SchemaFiles): DesiredTable[] {
  const namespaces = Object.keys(schema).sort();
  if (namespaces.length === 0)
    throw new SternaError('schema_empty', 'Expected desired files for at least one namespace, found none.');
  return namespaces.flatMap((namespace) => {
    const files = Object.entries(schema[namespace] ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
    if (files.length === 0) {
      throw new SternaError(
        'schema_empty',
        `Expected at least one file for namespace ${namespace}, found none. An empty folder never means "drop everything"; leave the namespace out if it is not to be changed.`,
      );
    }
    const seen = new Map<string, string>();
    return files.map(([name, written]) => {
      const file = `${namespace}/${name}`;
      const bytes = Buffer.byteLength(written);
      if (bytes > MAX_FILE_BYTES)
        throw new SternaError(
          'schema_too_large',
          `${file}: expected at most ${MAX_FILE_BYTES} bytes in a file, found ${bytes}. Is it a dump? One CREATE TABLE belongs into each.`,
        );
      const text = written.replace(/^\ufeff/, '');
      const { value: table, offset } = readCreateTable(text, file);
      const earlier = seen.get(table.toLowerCase());
      if (earlier !== undefined)
        throw invalid(file, text, offset, `one definition of table ${table}, found another in ${earlier}`);
      if (name !== `${table}.sql`)
        throw invalid(file, text, offset, `table ${table} in a file ${table}.sql: rename the file or the table`);
      seen.set(table.toLowerCase(), file);
      const renames = annotatedRenames(text, (at, expected) => invalid(file, text, at, expected));
      return { namespace, table, file, text, sql: withoutEnd(text), renames };
    });
  });
}

/** Checks the text of a file and returns the token of the table's name. */
function readCreateTable(text: string, file: string): SqlToken {
  const tokens = soundTokens(text, (offset, expected) => invalid(file, text, offset, expected));
  const word = (i: number): string => (tokens[i]?.kind === 'word' ? tokens[i].value.toUpperCase() : '');
  const fail = (i: number, expected: string): never => {
    throw invalid(file, text, tokens[i]?.offset ?? text.length, expected);
  };
  if (tokens.length === 0) fail(0, 'a CREATE TABLE statement, found an empty file');
  if (word(0) !== 'CREATE') fail(0, `CREATE TABLE, found ${show(tokens[0])}`);
  if (word(1) === 'TEMPORARY') fail(1, 'a table that stays, found TEMPORARY');
  if (word(1) !== 'TABLE') fail(1, `CREATE TABLE, found CREATE ${show(tokens[1])}`);
  const at = word(2) === 'IF' && word(3) === 'NOT' && word(4) === 'EXISTS' ? 5 : 2;
  const name = tokens[at];
  if (name === undefined || (name.kind !== 'name' && name.kind !== 'word')) return fail(at, 'the name of the table');
  if (tokens[at + 1]?.value === '.') fail(at, 'a table name without schema: the folder names the namespace');
  if (tokens[at + 1]?.value !== '(' || word(at + 2) === 'LIKE')
    fail(at + 1, 'a list of columns in parentheses (not LIKE or AS SELECT)');
  const close = closing(tokens, at + 1);
  if (close < 0) fail(tokens.length, 'a closing parenthesis');
  for (let i = close + 1; i < tokens.length; i += 1) {
    if (tokens[i]?.value === ';' && i < tokens.length - 1) fail(i + 1, 'one statement in the file, found another');
    if (/^(SELECT|AS|IGNORE|REPLACE|TABLE|VALUES|WITH)$/.test(word(i)) && !isPartitionWord(tokens, i))
      fail(i, `table options, found ${word(i)}`);
    // With it a server leaves the session in a transaction in which nothing else is allowed.
    if (word(i) === 'START' && word(i + 1) === 'TRANSACTION') fail(i, 'table options, found START TRANSACTION');
    if (/^(DATA|INDEX)$/.test(word(i)) && word(i + 1) === 'DIRECTORY') fail(i, 'no DATA DIRECTORY or INDEX DIRECTORY');
    if (word(i) === 'ENGINE') {
      const engine = tokens[i + 1]?.value === '=' ? tokens[i + 2]?.value : tokens[i + 1]?.value;
      if (engine !== undefined && FOREIGN_ENGINES.test(engine)) fail(i, `ENGINE=InnoDB, found ${engine}`);
    }
  }
  return name;
}

/** `VALUES LESS THAN`, `VALUES IN` of a partition. */
function isPartitionWord(tokens: readonly SqlToken[], i: number): boolean {
  return tokens[i]?.value.toUpperCase() === 'VALUES' && /^(LESS|IN)$/i.test(tokens[i + 1]?.value ?? '');
}

export interface WrittenAlter {
  readonly namespace: string;
  readonly table: string;
  /** "ALTER TABLE `<table>` " and then exactly what was written. */
  readonly sql: string;
  /** As it was written, and by how much later things stand there than in `sql`. */
  readonly text: string;
  readonly shift: number;
  /** `<namespace>, statement <n>`, for messages. */
  readonly where: string;
  /** Columns that get another name. */
  readonly renames: readonly RenamedColumn[];
  /** Columns that are dropped; one that is also added is another one of that name. */
  readonly drops: readonly string[];
}

/** Reads `statements`: one ALTER TABLE each, on an unqualified table, and run as written. */
export function readStatements(statements: AlterStatements): WrittenAlter[] {
  const namespaces = Object.keys(statements).sort();
  const all = namespaces.flatMap((namespace) =>
    (statements[namespace] ?? []).map((text, i) => readAlter(namespace, text, `${namespace}, statement ${i + 1}`)),
  );
  if (all.length === 0)
    throw new SternaError('statement_invalid', 'Expected at least one ALTER TABLE statement, found none.');
  return all;
}

function readAlter(namespace: string, text: string, where: string): WrittenAlter {
  const fail = (offset: number, expected: string): SternaError => invalidStatement(where, text, offset, expected);
  const tokens = soundTokens(text, fail);
  const word = (i: number): string => (tokens[i]?.kind === 'word' ? tokens[i].value.toUpperCase() : '');
  const offset = (i: number): number => tokens[i]?.offset ?? text.length;
  if (word(0) !== 'ALTER' || word(1) !== 'TABLE')
    throw fail(offset(0), `ALTER TABLE, found ${show(tokens[0])} ${show(tokens[1])}`);
  const name = tokens[2];
  if (name === undefined || (name.kind !== 'name' && name.kind !== 'word'))
    throw fail(offset(2), 'the name of the table');
  if (tokens[3]?.value === '.')
    throw fail(offset(2), 'a table name without schema: the namespace is given beside the statement');
  if (tokens[3] === undefined) throw fail(text.length, 'what to alter');
  tokens.forEach((token, i) => {
    if (token.value === ';' && token.kind === 'symbol' && i < tokens.length - 1)
      throw fail(offset(i + 1), 'one statement, found another');
    if (token.kind !== 'word') return;
    if (/^(ALGORITHM|LOCK)$/i.test(token.value) && tokens[i + 1]?.value === '=')
      throw fail(token.offset, 'no ALGORITHM or LOCK: Sterna chooses how the table is changed');
    // They work on rows or files, not on the definition: on the shadow they would do nothing, or harm.
    if (
      /^(DROP|TRUNCATE|EXCHANGE|DISCARD|IMPORT|REORGANIZE|COALESCE)$/i.test(token.value) &&
      isWord(tokens[i + 1], 'PARTITION')
    )
      throw fail(token.offset, `no ${token.value.toUpperCase()} PARTITION: run it on the server`);
    if (/^(DISCARD|IMPORT)$/i.test(token.value) && isWord(tokens[i + 1], 'TABLESPACE'))
      throw fail(token.offset, `no ${token.value.toUpperCase()} TABLESPACE: run it on the server`);
    if (/^RENAME$/i.test(token.value) && !/^(COLUMN|INDEX|KEY)$/i.test(tokens[i + 1]?.value ?? ''))
      throw fail(token.offset, 'no RENAME of the table: applications cannot switch at the same instant');
  });
  const head = `ALTER TABLE \`${name.value.replaceAll('`', '``')}\` `;
  return {
    namespace,
    table: name.value,
    sql: `${head}${withoutEnd(text.slice(offset(3)))}`,
    text,
    shift: offset(3) - head.length,
    where,
    renames: renamedColumns(tokens),
    drops: droppedColumns(tokens),
  };
}

/** From `RENAME COLUMN a TO b` and `CHANGE a b …`; another case is the same name. */
function renamedColumns(tokens: readonly SqlToken[]): RenamedColumn[] {
  return tokens.flatMap((_, i) => {
    if (!isWord(tokens[i], 'RENAME') && !isWord(tokens[i], 'CHANGE')) return [];
    const at = isWord(tokens[i + 1], 'COLUMN') ? i + 2 : i + 1;
    if (isWord(tokens[i], 'RENAME') && at === i + 1) return []; // of an index
    const [from, to] = [tokens[at], tokens[isWord(tokens[i], 'RENAME') ? at + 2 : at + 1]];
    return from === undefined || to === undefined || sameName(from.value, to.value)
      ? []
      : [{ from: from.value, to: to.value }];
  });
}

const NOT_A_COLUMN = ['INDEX', 'KEY', 'PRIMARY', 'FOREIGN', 'CHECK', 'CONSTRAINT', 'DEFAULT', 'PARTITION'];

function droppedColumns(tokens: readonly SqlToken[]): string[] {
  return tokens.flatMap((token, i) => {
    if (!isWord(token, 'DROP') || NOT_A_COLUMN.some((word) => isWord(tokens[i + 1], word))) return [];
    return tokens[isWord(tokens[i + 1], 'COLUMN') ? i + 2 : i + 1]?.value ?? [];
  });
}

function isWord(token: SqlToken | undefined, word: string): boolean {
  return token?.kind === 'word' && token.value.toUpperCase() === word;
}

function soundTokens(text: string, fail: (offset: number, expected: string) => SternaError): readonly SqlToken[] {
  const zero = text.indexOf('\0');
  if (zero >= 0) throw fail(zero, 'text, found a NUL character (is it UTF-16, and not UTF-8?)');
  const half = text.search(/\p{Surrogate}/u);
  if (half >= 0) throw fail(half, 'text, found half of a character, which has no encoding');
  const { tokens, unterminated } = scanSql(text);
  if (unterminated !== undefined)
    throw fail(unterminated, 'the end of a quoted text or comment, found the end of the file');
  // The server writes some of them itself, for what older versions do not know.
  const foreign = tokens.find(
    ({ kind, value }) =>
      kind === 'executable-comment' && !(Number(/^\/\*!(\d{5})$/.exec(value)?.[1]) <= NEWEST_OF_SERVER),
  );
  if (foreign !== undefined)
    throw fail(foreign.offset, 'no executable comment but those that SHOW CREATE TABLE writes');
  return tokens.filter((token) => token.kind !== 'executable-comment');
}

function closing(tokens: readonly SqlToken[], open: number): number {
  let depth = 0;
  for (let i = open; i < tokens.length; i += 1) {
    if (tokens[i]?.kind !== 'symbol') continue;
    if (tokens[i]?.value === '(') depth += 1;
    if (tokens[i]?.value === ')') depth -= 1;
    if (tokens[i]?.value === ';') return -1;
    if (depth === 0) return i;
  }
  return -1;
}

/** Without white space, comments and the semicolon at the end. */
function withoutEnd(text: string): string {
  const { tokens } = scanSql(text);
  const last = tokens.at(-1);
  return (last?.kind === 'symbol' && last.value === ';' ? text.slice(0, last.offset) : text).trim();
}

function show(token: SqlToken | undefined): string {
  return token === undefined ? 'the end' : JSON.stringify(token.value.slice(0, 30));
}

export function invalidStatement(where: string, text: string, offset: number, expected: string): SternaError {
  const { line, column } = placeOf(text, offset);
  return new SternaError('statement_invalid', `${where}:${line}:${column}: expected ${expected}.`);
}

export function invalid(file: string, text: string, offset: number, expected: string): SternaError {
  const { line, column } = placeOf(text, offset);
  return new SternaError('schema_file_invalid', `${file}:${line}:${column}: expected ${expected}.`);
}
