-- Partitions of partitions.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE partitions_subpartitions (id INT, d DATE, PRIMARY KEY (id, d));
-- to
CREATE TABLE partitions_subpartitions (id INT, d DATE, PRIMARY KEY (id, d)) PARTITION BY RANGE (YEAR(d)) SUBPARTITION BY HASH (id) SUBPARTITIONS 2 (PARTITION p0 VALUES LESS THAN (2000), PARTITION p1 VALUES LESS THAN MAXVALUE);
