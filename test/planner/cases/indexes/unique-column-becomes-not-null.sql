-- A unique key changes its place with the nulls of its column.
-- forth: copy unsafe adds-not-null
-- back: copy safe
-- from
CREATE TABLE indexes_unique_column_becomes_not_null (id INT PRIMARY KEY, a INT, b INT, UNIQUE KEY a (a), UNIQUE KEY b (b));
-- to
CREATE TABLE indexes_unique_column_becomes_not_null (id INT PRIMARY KEY, a INT, b INT NOT NULL, UNIQUE KEY a (a), UNIQUE KEY b (b));
