-- An index over more columns.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE indexes_more_columns (id INT PRIMARY KEY, a INT, b INT, KEY a (a));
-- to
CREATE TABLE indexes_more_columns (id INT PRIMARY KEY, a INT, b INT, KEY a (a, b));
