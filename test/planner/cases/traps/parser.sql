-- DROP KEY, ADD KEY that changes only the parser does nothing.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE traps_parser (id INT PRIMARY KEY, a TEXT, FULLTEXT KEY f (a));
-- to
CREATE TABLE traps_parser (id INT PRIMARY KEY, a TEXT, FULLTEXT KEY f (a) WITH PARSER ngram);
