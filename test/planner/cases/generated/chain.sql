-- A computed column of a computed column.
-- forth: copy safe
-- back: instant unsafe drops-column
-- from
CREATE TABLE generated_chain (id INT PRIMARY KEY, a INT);
-- to
CREATE TABLE generated_chain (id INT PRIMARY KEY, a INT, v INT AS (a + 1), w INT AS (v + 1), x INT AS (w + 1) STORED);
