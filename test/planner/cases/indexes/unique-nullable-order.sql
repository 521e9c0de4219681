-- The server shows unique keys with nulls behind those without.
-- forth: copy safe
-- back: inplace unsafe drops-visible-index
-- from
CREATE TABLE indexes_unique_nullable_order (id INT PRIMARY KEY, a INT, b INT NOT NULL, c INT, UNIQUE KEY a (a), UNIQUE KEY c (c));
-- to
CREATE TABLE indexes_unique_nullable_order (id INT PRIMARY KEY, a INT, b INT NOT NULL, c INT, UNIQUE KEY a (a), UNIQUE KEY b (b), UNIQUE KEY c (c));
