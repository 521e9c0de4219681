-- A FULLTEXT index with a parser.
-- forth: copy safe
-- back: inplace unsafe drops-visible-index
-- from
CREATE TABLE indexes_fulltext_ngram (id INT PRIMARY KEY, a TEXT, b TEXT);
-- to
CREATE TABLE indexes_fulltext_ngram (id INT PRIMARY KEY, a TEXT, b TEXT, FULLTEXT KEY ft (a, b) WITH PARSER ngram);
