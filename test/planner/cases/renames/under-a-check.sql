-- The constraint would be dropped and added: 3959.
-- forth: blocked check renames-column
-- back: blocked check drops-column
-- from
CREATE TABLE renames_under_a_check (id INT NOT NULL PRIMARY KEY, a INT, CHECK (a > 0));
-- to
CREATE TABLE renames_under_a_check (
  id INT NOT NULL PRIMARY KEY,
  -- sterna:renamed from=a
  z INT,
  CHECK (z > 0));
