-- A column that another one is computed with: 3108.
-- forth: instant unsafe drops-column
-- back: copy safe
-- from
CREATE TABLE traps_drop_base_of_generated (id INT PRIMARY KEY, a INT, v INT AS (a + 1), s INT AS (a + 2) STORED);
-- to
CREATE TABLE traps_drop_base_of_generated (id INT PRIMARY KEY);
