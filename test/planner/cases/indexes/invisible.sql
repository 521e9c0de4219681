-- An index made invisible.
-- forth: inplace safe
-- back: inplace safe
-- from
CREATE TABLE indexes_invisible (id INT PRIMARY KEY, a INT, KEY a (a));
-- to
CREATE TABLE indexes_invisible (id INT PRIMARY KEY, a INT, KEY a (a) INVISIBLE);
