-- A table gets partitions.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE partitions_range (id INT PRIMARY KEY, k INT);
-- to
CREATE TABLE partitions_range (id INT PRIMARY KEY, k INT COMMENT 'x') PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10) COMMENT 'a, b', PARTITION `p 1` VALUES LESS THAN MAXVALUE);
