-- An index on a computed column.
-- forth: copy safe
-- back: inplace unsafe drops-visible-index
-- from
CREATE TABLE generated_index_on_virtual (id INT PRIMARY KEY, a INT, v INT AS (a + 1));
-- to
CREATE TABLE generated_index_on_virtual (id INT PRIMARY KEY, a INT, v INT AS (a + 1), KEY v (v));
