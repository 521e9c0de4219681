-- A FULLTEXT index under another name.
-- forth: inplace safe
-- back: inplace safe
-- from
CREATE TABLE indexes_fulltext_rename (id INT PRIMARY KEY, a TEXT, FULLTEXT KEY ft (a));
-- to
CREATE TABLE indexes_fulltext_rename (id INT PRIMARY KEY, a TEXT, FULLTEXT KEY tf (a));
