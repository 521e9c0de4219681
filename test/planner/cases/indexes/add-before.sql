-- A new index before an old one: the server puts new ones behind.
-- forth: copy safe
-- back: inplace unsafe drops-visible-index
-- from
CREATE TABLE indexes_add_before (id INT PRIMARY KEY, a INT, b INT, KEY b (b));
-- to
CREATE TABLE indexes_add_before (id INT PRIMARY KEY, a INT, b INT, KEY a (a), KEY b (b));
