-- The server shows unique keys before others, wherever they are written.
-- forth: copy safe
-- back: inplace unsafe drops-visible-index
-- from
CREATE TABLE indexes_unique_before_plain (id INT PRIMARY KEY, a INT, b INT, KEY a (a));
-- to
CREATE TABLE indexes_unique_before_plain (id INT PRIMARY KEY, a INT, b INT, KEY a (a), UNIQUE KEY b (b));
