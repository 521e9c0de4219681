-- The computed column stays, with another expression.
-- forth: copy unsafe drops-column
-- back: copy safe
-- from
CREATE TABLE traps_drop_base_of_changed_generated (id INT PRIMARY KEY, a INT, v INT AS (a + 1), s INT AS (a + 2) STORED);
-- to
CREATE TABLE traps_drop_base_of_changed_generated (id INT PRIMARY KEY, v INT AS (id + 1), s INT AS (id + 2) STORED);
