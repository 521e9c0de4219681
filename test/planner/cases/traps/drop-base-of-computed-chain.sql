-- A computed column is computed with the dropped one through another: 3108.
-- forth: copy unsafe drops-column
-- back: copy safe
-- from
CREATE TABLE traps_chain (id INT NOT NULL PRIMARY KEY, a INT, b INT AS (a + 1), c INT AS (b + 1));
-- to
CREATE TABLE traps_chain (id INT NOT NULL PRIMARY KEY, b INT AS (id + 1), c INT AS (b + 1));
