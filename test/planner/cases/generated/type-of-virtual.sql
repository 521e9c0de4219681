-- Another type of a computed column.
-- forth: copy safe
-- back: copy unsafe narrows-type
-- from
CREATE TABLE generated_type_of_virtual (id INT PRIMARY KEY, a INT, v INT AS (a + 1));
-- to
CREATE TABLE generated_type_of_virtual (id INT PRIMARY KEY, a INT, v BIGINT AS (a + 1));
