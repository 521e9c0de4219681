-- The table's own file, written out.
-- forth: blocked tablespace
-- back: blocked tablespace
-- from
CREATE TABLE options_tablespace (id INT PRIMARY KEY);
-- to
CREATE TABLE options_tablespace (id INT PRIMARY KEY) TABLESPACE=innodb_file_per_table;
