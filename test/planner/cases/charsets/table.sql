-- The table's charset, for columns that have none of their own.
-- forth: copy safe
-- back: copy unsafe converts-charset
-- from
CREATE TABLE charsets_table (id INT PRIMARY KEY, a VARCHAR(10), b VARCHAR(10) CHARACTER SET latin1) CHARSET=latin1;
-- to
CREATE TABLE charsets_table (id INT PRIMARY KEY, a VARCHAR(10), b VARCHAR(10) CHARACTER SET latin1) CHARSET=utf8mb4;
