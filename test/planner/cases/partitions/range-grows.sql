-- A partition more at the end.
-- forth: inplace safe
-- back: copy safe
-- from
CREATE TABLE partitions_range_grows (id INT PRIMARY KEY) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10));
-- to
CREATE TABLE partitions_range_grows (id INT PRIMARY KEY) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20), PARTITION p2 VALUES LESS THAN MAXVALUE);
