import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectNoLeaks } from '../support/leaks.js';
import { both, changeWhileWritten, definitionOf, everyRow, insertNumbered, MIRROR_SESSION } from '../support/mirror.js';
import { TestNamespace } from '../support/namespace.js';

let space: TestNamespace;
beforeEach(async () => {
  space = await TestNamespace.create('changes');
  await space.query(MIRROR_SESSION);
});
afterEach(async () => {
  await expectNoLeaks({ namespaces: [space] });
  await space.drop();
});

const COLUMNS = `id INT NOT NULL, u VARCHAR(30) NOT NULL, c INT NOT NULL, a INT, b INT, s VARCHAR(60), j JSON,
  p POINT NOT NULL SRID 0, v INT, n INT NOT NULL`;
/** Partitions take no places. */
const WITHOUT_PLACES = COLUMNS.replace('POINT NOT NULL SRID 0', 'VARBINARY(60)');
const NAMES = 'id, u, c, a, b, s, j, p, v, n';
const VALUES =
  "n + 1, CONCAT('é', n, 'x'), n % 7, n, -n, CONCAT('Ää ', n, ' x'), JSON_OBJECT('a', JSON_ARRAY(n, n + 1)), POINT(n, -n), n * 3, n";
const BY_ID = 'PRIMARY KEY (id), UNIQUE KEY u (u), KEY n (n)';
const BY_TEXT = 'PRIMARY KEY (u, c), KEY n (n)';

interface Case {
  readonly keys?: string;
  readonly columns?: string;
  readonly options?: string;
  /** What was done to the table earlier, when it had rows. */
  readonly before?: string;
  readonly alter: string;
}

const CHANGES: Readonly<Record<string, Case>> = {
  // Renamed columns
  'a column renamed and widened': { alter: 'CHANGE v w BIGINT' },
  'two columns that change names': { alter: 'RENAME COLUMN a TO b, RENAME COLUMN b TO a, MODIFY v BIGINT' },
  'three columns in a ring': {
    alter: 'RENAME COLUMN a TO b, RENAME COLUMN b TO c, RENAME COLUMN c TO a, MODIFY v BIGINT',
  },
  'a column dropped and another one under its name': { alter: 'DROP b, CHANGE a b BIGINT' },
  'a column renamed and a new one under its name': { alter: 'CHANGE a z BIGINT, ADD COLUMN a INT NOT NULL DEFAULT 5' },
  'the key column renamed': { alter: 'CHANGE id ident BIGINT NOT NULL' },
  'the key column and another one that change names': {
    alter: 'CHANGE id c BIGINT NOT NULL, CHANGE c id INT NOT NULL',
  },
  'columns of a text key renamed': {
    keys: BY_TEXT,
    alter: 'RENAME COLUMN u TO uu, RENAME COLUMN c TO cc, MODIFY v BIGINT',
  },
  // Primary keys
  'another primary key, the old one indexed': {
    alter: 'DROP PRIMARY KEY, ADD PRIMARY KEY (u), ADD KEY old_key (id), DROP KEY u',
  },
  'another primary key, the old one unique': {
    alter: 'DROP PRIMARY KEY, ADD PRIMARY KEY (u), ADD UNIQUE KEY old_key (id), DROP KEY u',
  },
  'another primary key, the old column gone': { alter: 'DROP COLUMN id, DROP KEY u, ADD PRIMARY KEY (u)' },
  'a column more in the primary key': { alter: 'DROP PRIMARY KEY, ADD PRIMARY KEY (id, c)' },
  'a column more in front of the primary key': { alter: 'DROP PRIMARY KEY, ADD PRIMARY KEY (c, id), ADD KEY id (id)' },
  'no primary key any more': { alter: 'DROP PRIMARY KEY, DROP KEY u, ADD KEY id (id)' },
  'a text key in another order': {
    keys: BY_TEXT,
    alter: 'DROP PRIMARY KEY, ADD PRIMARY KEY (c, u), ADD KEY old_key (u, c)',
  },
  'a text key replaced': {
    keys: BY_TEXT,
    alter: 'DROP PRIMARY KEY, ADD PRIMARY KEY (n), DROP KEY n, ADD KEY old_key (u, c)',
  },
  'a text key dropped': { keys: BY_TEXT, alter: 'DROP PRIMARY KEY, ADD KEY old_key (u DESC, c)' },
  'a text key that is converted, beside a unique number': {
    keys: 'PRIMARY KEY (u), UNIQUE KEY id (id), KEY n (n)',
    alter: 'MODIFY u VARCHAR(30) COLLATE utf8mb4_bin NOT NULL',
  },
  'a text key that is converted from gbk, beside a unique number': {
    columns: COLUMNS.replace('u VARCHAR(30)', 'u VARCHAR(30) CHARACTER SET gbk'),
    keys: 'PRIMARY KEY (u), UNIQUE KEY id (id), KEY n (n)',
    alter: 'MODIFY u VARCHAR(30) CHARACTER SET utf8mb4 NOT NULL',
  },
  'a text key in gbk': {
    columns: COLUMNS.replace('u VARCHAR(30)', 'u VARCHAR(30) CHARACTER SET gbk'),
    keys: BY_TEXT,
    alter: 'RENAME COLUMN u TO w, MODIFY v BIGINT',
  },
  'a full text index on the key': {
    keys: BY_TEXT,
    alter: 'DROP PRIMARY KEY, ADD PRIMARY KEY (n), DROP KEY n, ADD KEY old_key (u, c), ADD FULLTEXT KEY ft (u)',
  },
  'a renamed key and another primary key': {
    alter: 'DROP PRIMARY KEY, CHANGE id old_id BIGINT NOT NULL, ADD PRIMARY KEY (u), ADD KEY old_key (old_id)',
  },
  'a primary key instead of a unique one': {
    keys: 'UNIQUE KEY u (u), UNIQUE KEY id (id), KEY n (n)',
    alter: 'DROP KEY id, ADD PRIMARY KEY (id)',
  },
  // CHECK constraints
  'checks added': { alter: 'ADD CHECK (n >= 0), ADD CONSTRAINT a_named_one CHECK (id > 0), MODIFY v BIGINT' },
  'checks that stay, with names of the server': {
    columns: `${COLUMNS}, CHECK (n >= 0), CHECK (id > 0) NOT ENFORCED`,
    alter: 'MODIFY v BIGINT, ADD CHECK (n < 1000000)',
  },
  // Partitions
  'partitions by hash': {
    columns: WITHOUT_PLACES,
    keys: 'PRIMARY KEY (id), KEY n (n)',
    alter: 'PARTITION BY HASH (id) PARTITIONS 3',
  },
  'partitions by range, and a longer key': {
    columns: WITHOUT_PLACES,
    keys: 'PRIMARY KEY (id), KEY n (n)',
    alter:
      'DROP PRIMARY KEY, ADD PRIMARY KEY (id, n) PARTITION BY RANGE (n) (PARTITION p0 VALUES LESS THAN (700), PARTITION p1 VALUES LESS THAN MAXVALUE)',
  },
  'no partitions any more': {
    columns: WITHOUT_PLACES,
    keys: 'PRIMARY KEY (id), KEY n (n)',
    options: 'PARTITION BY KEY (id) PARTITIONS 4',
    alter: 'REMOVE PARTITIONING',
  },
  'a partitioned table': {
    columns: WITHOUT_PLACES,
    keys: 'PRIMARY KEY (id), KEY n (n)',
    options: 'PARTITION BY HASH (id) PARTITIONS 4',
    alter: 'MODIFY v BIGINT, ADD KEY v (v)',
  },
  // What the table has behind it, of which the binlog tells more or less than its definition
  'a table with indexes over expressions and arrays': {
    keys: `${BY_ID}, KEY f ((LOWER(s))), KEY m ((CAST(j->'$.a' AS UNSIGNED ARRAY))), KEY g ((a * 2))`,
    alter: 'MODIFY v BIGINT',
  },
  'a table with computed columns before its key': {
    columns: `g INT AS (a + 1) VIRTUAL, h INT AS (b * 2) STORED, i INT INVISIBLE DEFAULT 7, ${COLUMNS}`,
    keys: BY_TEXT,
    alter: 'MODIFY v BIGINT',
  },
  'a table with columns that went and came at once': {
    columns: `x INT DEFAULT 1, ${COLUMNS}`,
    keys: BY_TEXT,
    before:
      "DROP COLUMN x, ADD COLUMN y VARCHAR(20) NOT NULL DEFAULT 'y' FIRST, ADD COLUMN z INT DEFAULT 3 AFTER id, ALGORITHM=INSTANT",
    alter: 'MODIFY v BIGINT',
  },
  // The table itself
  'a compressed row format': { alter: 'ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8' },
  'the oldest row format': { alter: 'ROW_FORMAT=REDUNDANT, MODIFY v BIGINT' },
  'an automatic id': { alter: 'MODIFY id BIGINT NOT NULL AUTO_INCREMENT' },
  'text converted to another charset': { alter: 'CONVERT TO CHARACTER SET latin1' },
  'text converted to a charset of two bytes': { alter: 'MODIFY s VARCHAR(60) CHARACTER SET utf16, MODIFY v BIGINT' },
  'text converted from latin1': {
    options: 'CHARSET=latin1',
    keys: 'PRIMARY KEY (id), KEY n (n)',
    alter: 'CONVERT TO CHARACTER SET utf8mb4',
  },
  'a column of a table whose collation is not the default of its charset': {
    options: 'CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci',
    alter: 'MODIFY v BIGINT',
  },
  'a text key converted from utf8mb3': {
    options: 'CHARSET=utf8mb3',
    keys: BY_TEXT,
    alter: 'CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci',
  },
  'a text key converted from utf8mb3, by bytes, under another name and place': {
    options: 'CHARSET=utf8mb3 COLLATE=utf8mb3_bin',
    keys: 'PRIMARY KEY (c, u), KEY n (n)',
    alter: 'CHANGE u w VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL FIRST, MODIFY v BIGINT',
  },
  'nothing but a rebuild': { alter: 'ENGINE=InnoDB' },
  // Indexes
  'a full text index with a parser': { alter: 'ADD FULLTEXT KEY ft (s) WITH PARSER ngram' },
  'full text and plain indexes': { alter: 'ADD FULLTEXT KEY ft (s), ADD KEY a (a), ADD KEY b (b)' },
  'a spatial index': { alter: 'ADD SPATIAL KEY sp (p)' },
  'indexes over expressions': {
    alter: "ADD KEY f ((LOWER(s))), ADD KEY g ((a * 2), b), ADD UNIQUE KEY h ((CONCAT(id, 'x')))",
  },
  'an index over the values of an array': { alter: "ADD KEY m ((CAST(j->'$.a' AS UNSIGNED ARRAY)))" },
  'indexes by prefix, downwards and unseen': {
    alter: 'ADD KEY x (s(5)), ADD KEY y (a DESC, b), ADD KEY z (v) INVISIBLE',
  },
  'a unique index, by a prefix and by several': { alter: 'ADD UNIQUE KEY x (a, b), ADD UNIQUE KEY y (n, s(9))' },
  // Columns
  'columns moved, added, computed and hidden': {
    alter:
      "MODIFY v BIGINT FIRST, ADD COLUMN g INT AS (a + 1) STORED AFTER c, ADD COLUMN h INT AS (b * 2) VIRTUAL, ADD COLUMN i INT INVISIBLE DEFAULT 7, ADD COLUMN e VARCHAR(40) DEFAULT (CONCAT('x', 1))",
  },
  'a vector that grows, and one that becomes bytes': {
    columns: `e VECTOR(2) DEFAULT (TO_VECTOR('[1,2]')), ${COLUMNS}, f VECTOR(1) DEFAULT (TO_VECTOR('[-1]'))`,
    alter: 'MODIFY e VECTOR(3), MODIFY f VARBINARY(40), MODIFY v BIGINT',
  },
  'a column that is not null any more, or not any less': { alter: 'MODIFY v BIGINT NOT NULL, MODIFY c BIGINT NULL' },
};

/** What applications do meanwhile: rows that change, move to other keys, go, come, and exchange unique values. */
async function write(first: number): Promise<void> {
  await both(space, (table) => `UPDATE ${table} SET v = v + 1, a = a + 1, s = CONCAT(s, '!') WHERE n % 3 = 0`);
  await both(space, (table) => `UPDATE ${table} SET c = c + 10 WHERE n % 5 = 0`);
  await both(space, (table) => `DELETE FROM ${table} WHERE n % 7 = ${first % 5}`);
  await insertNumbered(space, NAMES, VALUES, first, first + 100);
  await both(
    space,
    (table) =>
      `UPDATE ${table} SET id = id + 100000, u = CONCAT('moved', n) WHERE n % 11 = ${first % 7} ORDER BY id DESC`,
  );
  await both(space, (table) => `UPDATE ${table} SET u = UPPER(u) WHERE n % 13 = 0`);
  const taken = '(SELECT MIN(n) FROM (SELECT n FROM @ WHERE n > 100) x)';
  await both(space, (table) => {
    const [one, other] = [taken.replace('@', table), taken.replace('@', table).replace('100', '1000')];
    return `START TRANSACTION; SET @a = (SELECT CONCAT(u, '|', id) FROM ${table} WHERE n = ${one}), @b = (SELECT CONCAT(u, '|', id) FROM ${table} WHERE n = ${other});
      UPDATE ${table} SET u = 'held', id = -1 WHERE n = ${one};
      UPDATE ${table} SET u = SUBSTRING_INDEX(@a, '|', 1), id = SUBSTRING_INDEX(@a, '|', -1) WHERE n = ${other};
      UPDATE ${table} SET u = SUBSTRING_INDEX(@b, '|', 1), id = SUBSTRING_INDEX(@b, '|', -1) WHERE n = ${one}; COMMIT`;
  });
}

describe('every change, copied while rows change, ends as the server would make it (E2, P4)', () => {
  it.each(Object.entries(CHANGES))(
    '%s',
    async (_, { keys = BY_ID, columns = COLUMNS, options = '', before, alter }) => {
      await both(space, (table) => `CREATE TABLE ${table} (${columns}, ${keys}) ${options}`);
      await insertNumbered(space, NAMES, VALUES, 0, 1_500);
      if (before !== undefined) await both(space, (table) => `ALTER TABLE ${table} ${before}`);
      await changeWhileWritten(space, alter, (time) => write(1_400 + 100 * time));
      expect(await space.tables()).toEqual(['mirror', 't']);
      const [definition, rows] = [await definitionOf(space, 't'), await everyRow(space, 't')];
      await space.query('DROP TABLE t'); // whose names of constraints the mirror gets
      await space.query(`ALTER TABLE mirror ${alter}`);
      expect(definition).toBe(await definitionOf(space, 'mirror'));
      expect(rows).toEqual(await everyRow(space, 'mirror'));
      expect(rows.length).toBeGreaterThan(1_000);
    },
  );
});
