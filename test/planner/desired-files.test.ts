import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDesiredFiles, readStatements } from '../../src/planner/desired-files.js';

const read = (text: string) => readDesiredFiles({ shop: { 'orders.sql': text } });

describe('a desired file', () => {
  it.each([
    'CREATE TABLE orders (id INT PRIMARY KEY)',
    "create table `orders` (id int primary key comment 'a; b -- c /* d') -- end\n;\n",
    '/* head */ CREATE TABLE IF NOT EXISTS orders (id INT, PRIMARY KEY (id)) ENGINE=InnoDB COMMENT="x;y";',
    'CREATE TABLE orders (id INT) PARTITION BY RANGE (id) (PARTITION p VALUES LESS THAN (10))',
    'CREATE TABLE orders (`id` int /*!80023 INVISIBLE */)\n/*!50100 PARTITION BY RANGE (`id`)\n(PARTITION p VALUES LESS THAN (10)) */',
    "CREATE TABLE orders (e ENUM('select','as') DEFAULT 'as')",
  ])('may be written freely: %s', (text) => {
    expect(read(text)).toMatchObject([{ namespace: 'shop', table: 'orders', file: 'shop/orders.sql' }]);
  });

  it.each([
    ['', '1:1', 'an empty file'],
    ['-- nothing\n', '2:1', 'an empty file'],
    ['DROP TABLE orders', '1:1', 'CREATE TABLE'],
    ['CREATE TABLE a (id INT);\nCREATE TABLE b (id INT)', '2:1', 'one statement'],
    ['CREATE TABLE a (id INT);\n\n  DROP TABLE b', '3:3', 'one statement'],
    ['CREATE TEMPORARY TABLE a (id INT)', '1:8', 'TEMPORARY'],
    ['CREATE TABLE other.a (id INT)', '1:14', 'without schema'],
    ['CREATE TABLE a LIKE b', '1:16', 'LIKE'],
    ['CREATE TABLE a (LIKE b)', '1:16', 'LIKE'],
    ['CREATE TABLE a (id INT) AS SELECT 1', '1:25', 'table options'],
    ['CREATE TABLE a (id INT) SELECT 1', '1:25', 'table options'],
    ['CREATE TABLE a (id INT) START TRANSACTION', '1:25', 'table options'],
    ["CREATE TABLE a (id INT) DATA DIRECTORY='/tmp'", '1:25', 'DIRECTORY'],
    ['CREATE TABLE a (id INT) ENGINE=FEDERATED', '1:25', 'InnoDB'],
    ['CREATE TABLE a (id INT) /*!99999 ENGINE=MyISAM */', '1:25', 'executable comment'],
    ['CREATE TABLE a (id INT /*! , k INT */)', '1:24', 'executable comment'],
    ['CREATE TABLE a (id INT) /*!50100 AS SELECT 1 */', '1:34', 'table options, found AS'],
    ["CREATE TABLE a (id INT) /*!50100 DATA DIRECTORY='/tmp' */", '1:34', 'DIRECTORY'],
    ['CREATE TABLE a (id INT) /*!50100 ; DROP TABLE b */', '1:36', 'one statement'],
    ['CREATE TABLE a (id INT) /*!50100 PARTITION BY KEY (id)', '1:25', 'the end of a quoted text or comment'],
    ["CREATE TABLE a (id INT COMMENT 'open", '1:32', 'the end of a quoted text'],
    ['CREATE VIEW a AS SELECT 1', '1:8', 'CREATE TABLE'],
  ])('is refused with its place: %s', (text, place, expected) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({
        code: 'schema_file_invalid',
        message: expect.stringMatching(new RegExp(`^shop/orders.sql:${place}: .*${expected}`)) as string,
      }),
    );
  });

  it('is refused when it defines a table a second time, also in other letters', () => {
    expect(() =>
      readDesiredFiles({ shop: { 'T.sql': 'CREATE TABLE T (id INT)', 't.sql': 'CREATE TABLE t (id INT)' } }),
    ).toThrow(
      expect.objectContaining({
        code: 'schema_file_invalid',
        message: expect.stringContaining('found another in shop/T.sql') as string,
      }),
    );
  });

  it.each([
    ['orders.sql', 'CREATE TABLE customers (id INT)'],
    ['Orders.sql', 'CREATE TABLE orders (id INT)'],
    ['orders', 'CREATE TABLE orders (id INT)'],
  ])('is refused when its name is not that of the table: %s', (file, text) => {
    const name = /TABLE (\w+)/.exec(text)?.[1];
    expect(() => readDesiredFiles({ shop: { [file]: text } })).toThrow(
      expect.objectContaining({
        code: 'schema_file_invalid',
        message: `shop/${file}:1:14: expected table ${name} in a file ${name}.sql: rename the file or the table.`,
      }),
    );
  });

  it('lets nothing but one CREATE TABLE pass, whatever follows it', () => {
    const tail = fc.constantFrom(
      'DROP TABLE x',
      'SELECT 1',
      'CREATE TABLE y (i INT)',
      'SET GLOBAL read_only=1',
      'INSERT INTO x VALUES (1)',
    );
    const space = fc.constantFrom(' ', '\n', '/* c */', '-- c\n', '# c\n');
    fc.assert(
      fc.property(fc.string(), space, tail, (comment, gap, statement) => {
        const text = `CREATE TABLE a (id INT COMMENT '${comment.replaceAll('\\', '\\\\').replaceAll("'", "''")}')${gap};${gap}${statement}`;
        expect(() => read(text)).toThrow(expect.objectContaining({ code: 'schema_file_invalid' }));
      }),
    );
  });
});

describe('an empty set (P5)', () => {
  it.each([{}, { shop: {} }])('is an error, never "drop everything": %j', (schema) => {
    expect(() => readDesiredFiles(schema)).toThrow(expect.objectContaining({ code: 'schema_empty' }));
  });
});

describe('a statement', () => {
  it('is kept to the letter behind the name of its table (P1)', () => {
    expect(readStatements({ shop: ["alter table orders  ADD COLUMN n VARCHAR(9) DEFAULT 'a;b' ; "] })).toMatchObject([
      {
        namespace: 'shop',
        table: 'orders',
        sql: "ALTER TABLE `orders` ADD COLUMN n VARCHAR(9) DEFAULT 'a;b'",
        renames: [],
        drops: [],
      },
    ]);
  });

  it.each([
    ['RENAME COLUMN a TO b', [{ from: 'a', to: 'b' }]],
    ['rename column `a` to `A`, CHANGE `x y` z INT', [{ from: 'x y', to: 'z' }]],
    ['CHANGE COLUMN a b INT, CHANGE c C BIGINT', [{ from: 'a', to: 'b' }]],
    ["RENAME INDEX a TO b, RENAME KEY c TO d, ADD COLUMN `change` INT COMMENT 'RENAME COLUMN a TO b'", []],
  ])('tells which columns get another name: %s', (alter, renames) => {
    expect(readStatements({ shop: [`ALTER TABLE orders ${alter}`] })).toMatchObject([{ renames }]);
  });

  it.each([
    ['DROP a, DROP COLUMN `b c`, drop column d', ['a', 'b c', 'd']],
    ['DROP INDEX a, DROP KEY b, DROP PRIMARY KEY, DROP CHECK c, ALTER e DROP DEFAULT', []],
  ])('tells which columns are dropped: %s', (alter, drops) => {
    expect(readStatements({ shop: [`ALTER TABLE orders ${alter}`] })).toMatchObject([{ drops }]);
  });

  it.each([
    ['ALTER TABLE a TRUNCATE PARTITION p', 'no TRUNCATE PARTITION'],
    ['ALTER TABLE a drop partition p', 'no DROP PARTITION'],
    ['ALTER TABLE a EXCHANGE PARTITION p WITH TABLE b', 'no EXCHANGE PARTITION'],
    ['ALTER TABLE a DISCARD TABLESPACE', 'no DISCARD TABLESPACE'],
    ['DROP TABLE a', 'ALTER TABLE'],
    ['ALTER TABLE other.a ADD COLUMN b INT', 'without schema'],
    ['ALTER TABLE a ADD COLUMN b INT; DROP TABLE a', 'one statement'],
    ['ALTER TABLE a RENAME TO b', 'no RENAME'],
    ['ALTER TABLE a ADD COLUMN b INT, ALGORITHM=COPY', 'no ALGORITHM'],
    ['ALTER TABLE a', 'what to alter'],
  ])('is refused: %s', (text, expected) => {
    expect(() => readStatements({ shop: [text] })).toThrow(
      expect.objectContaining({ code: 'statement_invalid', message: expect.stringContaining(expected) as string }),
    );
  });
});
