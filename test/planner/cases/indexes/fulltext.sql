-- A FULLTEXT index.
-- forth: copy safe
-- back: inplace unsafe drops-visible-index
-- from
CREATE TABLE indexes_fulltext (id INT PRIMARY KEY, a TEXT);
-- to
CREATE TABLE indexes_fulltext (id INT PRIMARY KEY, a TEXT, FULLTEXT KEY ft (a));
