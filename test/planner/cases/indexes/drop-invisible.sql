-- An index that no query uses any more.
-- forth: inplace safe
-- back: copy safe
-- from
CREATE TABLE indexes_drop_invisible (id INT PRIMARY KEY, a INT, KEY a (a) INVISIBLE);
-- to
CREATE TABLE indexes_drop_invisible (id INT PRIMARY KEY, a INT);
