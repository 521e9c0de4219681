-- What is computed with the column, its default and its index are defined again in the same statement: 3108, 3837.
-- forth: copy unsafe renames-column
-- back: copy unsafe drops-column
-- from
CREATE TABLE renames_under_expressions (id INT NOT NULL PRIMARY KEY, a INT, b INT DEFAULT (a + 1), g INT AS (a * 2), KEY f ((a % 3)), KEY a (a));
-- to
CREATE TABLE renames_under_expressions (
  id INT NOT NULL PRIMARY KEY,
  -- sterna:renamed from=a
  z INT,
  b INT DEFAULT (z + 1), g INT AS (z * 2), KEY f ((z % 3)), KEY a (z));
