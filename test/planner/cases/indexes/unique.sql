-- An index becomes unique.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE indexes_unique (id INT PRIMARY KEY, a INT, KEY a (a));
-- to
CREATE TABLE indexes_unique (id INT PRIMARY KEY, a INT, UNIQUE KEY a (a));
