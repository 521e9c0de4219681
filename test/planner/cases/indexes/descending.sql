-- An index read backwards.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE indexes_descending (id INT PRIMARY KEY, a INT, b INT, KEY a (a, b));
-- to
CREATE TABLE indexes_descending (id INT PRIMARY KEY, a INT, b INT, KEY a (a DESC, b));
