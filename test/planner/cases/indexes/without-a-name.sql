-- The server names it.
-- forth: copy safe
-- back: inplace unsafe drops-visible-index
-- from
CREATE TABLE indexes_without_a_name (id INT PRIMARY KEY, a INT, b INT, KEY (a));
-- to
CREATE TABLE indexes_without_a_name (id INT PRIMARY KEY, a INT, b INT, KEY (a), KEY (a, b), UNIQUE (b));
