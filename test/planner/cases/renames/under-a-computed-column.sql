-- The server makes the table anew to define it again.
-- forth: copy unsafe renames-column
-- back: copy unsafe drops-column
-- from
CREATE TABLE renames_under_computed (id INT NOT NULL PRIMARY KEY, a VARCHAR(9), g INT AS (LENGTH(a)));
-- to
CREATE TABLE renames_under_computed (
  id INT NOT NULL PRIMARY KEY,
  -- sterna:renamed from=a
  z VARCHAR(9),
  g INT AS (LENGTH(z)));
