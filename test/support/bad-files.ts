import { MAX_FILE_BYTES } from '../../src/contract/index.js';

/** A namespace folder that nobody may plan from, and what is told of it. */
export interface BadFiles {
  readonly what: string;
  /** File name -> text. */
  readonly files: Readonly<Record<string, string>>;
  /** @default 'schema_file_invalid' */
  readonly code?: string;
  /** `<file>:<line>:<column>`, or only the file. */
  readonly place: string;
  readonly text: string;
}

const of = (what: string, t: string, place: string, text: string): BadFiles => ({
  what,
  files: { 't.sql': t },
  place: `t.sql:${place}`,
  text,
});

const NO_TABLE: readonly BadFiles[] = [
  of('an empty file', '', '1:1', 'an empty file'),
  of('nothing but a comment', '-- t\n', '2:1', 'an empty file'),
  of('two statements', 'CREATE TABLE t (id INT);\n\nDROP TABLE t;', '3:1', 'one statement in the file'),
  of('another statement', '\n  INSERT INTO t VALUES (2)', '2:3', 'CREATE TABLE, found "INSERT"'),
  of('a view', 'CREATE VIEW t AS SELECT 1', '1:8', 'CREATE TABLE, found CREATE "VIEW"'),
  of('another schema', 'CREATE TABLE mysql.t (id INT)', '1:14', 'a table name without schema'),
  of('LIKE', 'CREATE TABLE t LIKE user', '1:16', 'not LIKE or AS SELECT'),
  of('AS SELECT', 'CREATE TABLE t (id INT)\nAS SELECT 1 AS id', '2:1', 'table options, found AS'),
  of('TEMPORARY', 'CREATE TEMPORARY TABLE t (id INT)', '1:8', 'a table that stays'),
  of('DATA DIRECTORY', "CREATE TABLE t (id INT)\n  DATA DIRECTORY = '/tmp'", '2:3', 'no DATA DIRECTORY'),
  of(
    'INDEX DIRECTORY of a partition',
    "CREATE TABLE t (id INT) PARTITION BY HASH (id)\n(PARTITION p INDEX DIRECTORY = '/tmp')",
    '2:14',
    'no DATA DIRECTORY or INDEX DIRECTORY',
  ),
  of('another engine', 'CREATE TABLE t (id INT) ENGINE=MEMORY', '1:25', 'ENGINE=InnoDB, found MEMORY'),
  of('an executable comment', 'CREATE TABLE t (id INT /*! , k INT */)', '1:24', 'no executable comment'),
  of('an open quote', "CREATE TABLE t (id INT COMMENT 'open)", '1:32', 'the end of a quoted text'),
  of('a NUL character', "CREATE TABLE t (id INT COMMENT '\0')", '1:33', 'NUL'),
  of('UTF-16 without a mark', 'CREATE TABLE t (id INT)'.split('').join('\0'), '1:2', 'is it UTF-16'),
];

const BEHIND_LETTERS = "CREATE TABLE t (`\u00fc` INT COMMENT '\u{1f680}') zz";
/** The server quotes but a part of the rest. */
const LONG = `CREATE TABLE t (a INT, ${'c INT, '.repeat(40)}b INTT, ${'c INT, '.repeat(40)}d INT)`;

/** The server finds them. */
const REFUSED: readonly BadFiles[] = [
  of('a syntax error', 'CREATE TABLE t (\n  id INT PRIMARY KEY,\n  k INTT\n)', '3:5', "near 'INTT )'"),
  of(
    'one behind a mark, blanks and a comment',
    '\ufeff\n\t-- t\n\n  CREATE TABLE t (id INT,\n  k VARCHAR)',
    '5:12',
    "near ')'",
  ),
  of('one behind a mark', '\ufeffCREATE TABLE t (id INTT)', '1:20', "near 'INTT)'"),
  of('one behind carriage returns', 'CREATE TABLE t (\r\n  id INTT\r\n)\r\n', '2:6', "near 'INTT"),
  of('one at the end', 'CREATE TABLE t (id INT)\n  COMMENT =', '2:12', "near ''"),
  of('one behind letters of several bytes', BEHIND_LETTERS, `1:${BEHIND_LETTERS.indexOf('zz') + 1}`, "near 'zz'"),
  of('one before a long text', LONG, `1:${LONG.indexOf('INTT') + 1}`, "near 'INTT, c INT"),
  of('a key over a column that is not there', 'CREATE TABLE t (id INT,\n  KEY k (id, nope))', '2:14', "column 'nope'"),
  of('a column twice', 'CREATE TABLE t (id INT,\n  k INT,\n  ID INT)', '3:3', "Duplicate column name 'ID'"),
  of('a default that does not fit', "CREATE TABLE t (\n  id INT DEFAULT 'x')", '2:3', "Invalid default value for 'id'"),
  of('an unknown collation', 'CREATE TABLE t (\n  a VARCHAR(3) COLLATE nope)', '2:24', "Unknown collation: 'nope'"),
  of(
    'a partition twice',
    'CREATE TABLE t (id INT) PARTITION BY LIST (id) (\nPARTITION p VALUES IN (1),\nPARTITION p VALUES IN (2))',
    '3:11',
    'Duplicate partition name p',
  ),
  of('no column that may count', '-- t\nCREATE TABLE t (id INT AUTO_INCREMENT)', '2:1', 'only one auto column'),
];

const NAMES: readonly BadFiles[] = [
  {
    what: 'a table of another name',
    files: { 'orders.sql': 'CREATE TABLE\n  t (id INT)' },
    place: 'orders.sql:2:3',
    text: 'table t in a file t.sql',
  },
  {
    what: 'a table in other letters',
    files: { 'T.sql': 'CREATE TABLE t (id INT)' },
    place: 'T.sql:1:14',
    text: 'table t in a file t.sql',
  },
  {
    what: 'another ending',
    files: { 't.SQL': 'CREATE TABLE t (id INT)' },
    place: 't.SQL:1:14',
    text: 'table t in a file t.sql',
  },
  {
    what: 'a table twice',
    files: { 'T.sql': 'CREATE TABLE T (id INT)', 't.sql': 'CREATE TABLE t (id INT)' },
    place: 't.sql:1:14',
    text: 'one definition of table t, found another in',
  },
  {
    what: 'the first by name of several wrong ones',
    files: {
      'b.sql': 'CREATE TABLE b (id INTT)',
      // Tried when the others have been.
      'a.sql': 'CREATE TABLE a (id INT REFERENCES b (id), k INTT)',
      'c.sql': 'CREATE TABLE c ()',
    },
    place: 'a.sql:1:45',
    text: "near 'INTT)'",
  },
];

const SIZES: readonly BadFiles[] = [
  {
    what: 'a file over the limit',
    files: { 't.sql': `CREATE TABLE t (id INT) -- ${'x'.repeat(MAX_FILE_BYTES)}` },
    code: 'schema_too_large',
    place: 't.sql',
    text: `expected at most ${MAX_FILE_BYTES} bytes in a file, found ${MAX_FILE_BYTES + 27}`,
  },
  { what: 'no file', files: {}, code: 'schema_empty', place: '', text: 'never means "drop everything"' },
];

/** Whoever sends them. */
export const BAD_FILES = [...NO_TABLE, ...REFUSED, ...NAMES, ...SIZES];
