-- A table of bytes.
-- forth: copy unsafe narrows-type
-- back: copy unsafe narrows-type
-- from
CREATE TABLE charsets_binary (id INT PRIMARY KEY, a VARCHAR(10)) CHARSET=binary;
-- to
CREATE TABLE charsets_binary (id INT PRIMARY KEY, a VARCHAR(10)) CHARSET=utf8mb4;
