-- Another method.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE partitions_method (id INT PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 4;
-- to
CREATE TABLE partitions_method (id INT PRIMARY KEY) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN MAXVALUE);
