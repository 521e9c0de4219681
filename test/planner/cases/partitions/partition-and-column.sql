-- A partition more and a column more.
-- forth: copy safe
-- back: copy unsafe drops-column
-- from
CREATE TABLE partitions_partition_and_column (id INT PRIMARY KEY) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10));
-- to
CREATE TABLE partitions_partition_and_column (id INT PRIMARY KEY, a INT) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20));
