-- The default changes, the columns keep theirs.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE charsets_table_default_only (id INT PRIMARY KEY, a VARCHAR(10) CHARACTER SET latin1) CHARSET=latin1;
-- to
CREATE TABLE charsets_table_default_only (id INT PRIMARY KEY, a VARCHAR(10) CHARACTER SET latin1) CHARSET=utf8mb4;
