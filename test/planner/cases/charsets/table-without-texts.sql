-- No column has a charset.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE charsets_table_without_texts (id INT PRIMARY KEY) CHARSET=latin1;
-- to
CREATE TABLE charsets_table_without_texts (id INT PRIMARY KEY) CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
