-- A column that is computed when it is read.
-- forth: instant safe
-- back: instant safe
-- from
CREATE TABLE generated_add_virtual (id INT PRIMARY KEY, a INT);
-- to
CREATE TABLE generated_add_virtual (id INT PRIMARY KEY, a INT, v INT AS (a + 1));
