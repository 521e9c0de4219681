-- Partitions of partitions with names.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE partitions_named_subpartitions (id INT, d DATE, PRIMARY KEY (id, d));
-- to
CREATE TABLE partitions_named_subpartitions (id INT, d DATE, PRIMARY KEY (id, d)) PARTITION BY RANGE (YEAR(d)) SUBPARTITION BY HASH (id) (PARTITION p0 VALUES LESS THAN (2000) (SUBPARTITION s0, SUBPARTITION s1), PARTITION p1 VALUES LESS THAN MAXVALUE (SUBPARTITION s2, SUBPARTITION s3));
