-- By the columns themselves.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE partitions_range_columns (id INT, d DATE, PRIMARY KEY (id, d));
-- to
CREATE TABLE partitions_range_columns (id INT, d DATE, PRIMARY KEY (id, d)) PARTITION BY RANGE COLUMNS (d) (PARTITION p0 VALUES LESS THAN ('2020-01-01'), PARTITION p1 VALUES LESS THAN (MAXVALUE));
