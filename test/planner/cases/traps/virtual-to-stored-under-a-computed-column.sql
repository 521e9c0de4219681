-- A column that is computed with it is defined in the same statement: 3108.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE traps_vs_computed (id INT PRIMARY KEY, a INT, v INT AS (a + 1) VIRTUAL, w INT AS (v + 1));
-- to
CREATE TABLE traps_vs_computed (id INT PRIMARY KEY, a INT, v INT AS (a + 1) STORED, w INT AS (v + 1));
