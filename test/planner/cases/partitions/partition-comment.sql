-- A partition with a comment.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE partitions_partition_comment (id INT PRIMARY KEY) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10));
-- to
CREATE TABLE partitions_partition_comment (id INT PRIMARY KEY) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10) COMMENT 'it''s (p1) */');
