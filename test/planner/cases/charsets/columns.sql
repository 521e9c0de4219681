-- Columns get charsets and collations of their own.
-- forth: copy unsafe converts-charset
-- back: copy safe
-- from
CREATE TABLE charsets_columns (id INT PRIMARY KEY, a VARCHAR(10), b VARCHAR(10));
-- to
CREATE TABLE charsets_columns (id INT PRIMARY KEY, a VARCHAR(10) CHARACTER SET gbk, b VARCHAR(10) COLLATE utf8mb4_bin);
