-- A column that is computed when a row is written.
-- forth: copy safe
-- back: instant unsafe drops-column
-- from
CREATE TABLE generated_add_stored (id INT PRIMARY KEY, a INT);
-- to
CREATE TABLE generated_add_stored (id INT PRIMARY KEY, a INT, s INT AS (a + 1) STORED);
