-- By a number.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE partitions_hash (id INT PRIMARY KEY);
-- to
CREATE TABLE partitions_hash (id INT PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 4;
