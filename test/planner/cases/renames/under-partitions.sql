-- The partitions are given again: 3855.
-- forth: copy unsafe renames-column
-- back: blocked tracked-key-changes drops-column
-- from
CREATE TABLE renames_under_partitions (a INT NOT NULL PRIMARY KEY, b INT) PARTITION BY RANGE (a) (PARTITION p0 VALUES LESS THAN (9), PARTITION p1 VALUES LESS THAN MAXVALUE);
-- to
CREATE TABLE renames_under_partitions (
  -- sterna:renamed from=a
  z INT NOT NULL PRIMARY KEY, b INT) PARTITION BY RANGE (z) (PARTITION p0 VALUES LESS THAN (9), PARTITION p1 VALUES LESS THAN MAXVALUE);
