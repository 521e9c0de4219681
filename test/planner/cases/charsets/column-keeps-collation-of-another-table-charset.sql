-- A column with a charset that is the old default.
-- forth: copy safe
-- back: copy unsafe converts-charset
-- from
CREATE TABLE ch_column_keeps_collation_of_another_table_charset (id INT PRIMARY KEY, a VARCHAR(10), b TEXT) CHARSET=latin1 COLLATE=latin1_bin;
-- to
CREATE TABLE ch_column_keeps_collation_of_another_table_charset (id INT PRIMARY KEY, a VARCHAR(10) CHARACTER SET latin1, b TEXT) CHARSET=utf8mb4;
