-- A partition more at the end, by columns.
-- forth: inplace safe
-- back: copy safe
-- from
CREATE TABLE partitions_range_columns_grows (id INT, d DATE, PRIMARY KEY (id, d)) PARTITION BY RANGE COLUMNS (d) (PARTITION p0 VALUES LESS THAN ('2020-01-01'));
-- to
CREATE TABLE partitions_range_columns_grows (id INT, d DATE, PRIMARY KEY (id, d)) PARTITION BY RANGE COLUMNS (d) (PARTITION p0 VALUES LESS THAN ('2020-01-01'), PARTITION p1 VALUES LESS THAN ('2021-01-01'));
