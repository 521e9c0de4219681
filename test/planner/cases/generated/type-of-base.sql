-- The type of the column that is computed with.
-- forth: copy safe
-- back: copy unsafe narrows-type
-- from
CREATE TABLE generated_type_of_base (id INT PRIMARY KEY, a INT, v BIGINT AS (a + 1), s BIGINT AS (a + 2) STORED);
-- to
CREATE TABLE generated_type_of_base (id INT PRIMARY KEY, a BIGINT, v BIGINT AS (a + 1), s BIGINT AS (a + 2) STORED);
