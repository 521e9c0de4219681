-- A list more.
-- forth: inplace safe
-- back: copy safe
-- from
CREATE TABLE partitions_list_grows (id INT PRIMARY KEY) PARTITION BY LIST (id) (PARTITION p0 VALUES IN (0, 1));
-- to
CREATE TABLE partitions_list_grows (id INT PRIMARY KEY) PARTITION BY LIST (id) (PARTITION p0 VALUES IN (0, 1), PARTITION p1 VALUES IN (2));
