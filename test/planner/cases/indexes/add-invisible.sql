-- A new index that is invisible at first.
-- forth: copy safe
-- back: inplace safe
-- from
CREATE TABLE indexes_add_invisible (id INT PRIMARY KEY, a INT);
-- to
CREATE TABLE indexes_add_invisible (id INT PRIMARY KEY, a INT, KEY a (a) INVISIBLE);
