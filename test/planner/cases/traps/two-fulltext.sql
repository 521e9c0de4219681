-- Two FULLTEXT indexes in one statement: 1795.
-- forth: copy safe
-- back: inplace unsafe drops-visible-index
-- from
CREATE TABLE traps_two_fulltext (id INT PRIMARY KEY, a TEXT, b TEXT);
-- to
CREATE TABLE traps_two_fulltext (id INT PRIMARY KEY, a TEXT, b TEXT, FULLTEXT KEY f (a), FULLTEXT KEY g (b));
