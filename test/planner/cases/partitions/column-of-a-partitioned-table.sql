-- A column changes, the partitions stay.
-- forth: copy safe
-- back: copy unsafe narrows-type
-- from
CREATE TABLE partitions_column_of_a_partitioned_table (id INT PRIMARY KEY, k INT) PARTITION BY HASH (id) PARTITIONS 4;
-- to
CREATE TABLE partitions_column_of_a_partitioned_table (id INT PRIMARY KEY, k BIGINT) PARTITION BY HASH (id) PARTITIONS 4;
