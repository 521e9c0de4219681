-- A unique key more.
-- forth: copy safe
-- back: inplace unsafe drops-visible-index
-- from
CREATE TABLE indexes_add_unique (id INT PRIMARY KEY, a INT);
-- to
CREATE TABLE indexes_add_unique (id INT PRIMARY KEY, a INT, UNIQUE KEY a (a));
