-- The first partition goes. Its rows, if it has any, move into the next one: none is lost.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE partitions_range_loses_the_first (id INT PRIMARY KEY) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20));
-- to
CREATE TABLE partitions_range_loses_the_first (id INT PRIMARY KEY) PARTITION BY RANGE (id) (PARTITION p1 VALUES LESS THAN (20));
