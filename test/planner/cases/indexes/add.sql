-- An index more.
-- forth: copy safe
-- back: inplace unsafe drops-visible-index
-- from
CREATE TABLE indexes_add (id INT PRIMARY KEY, a INT);
-- to
CREATE TABLE indexes_add (id INT PRIMARY KEY, a INT, KEY a (a));
