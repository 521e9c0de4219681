-- Another number of partitions.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE partitions_hash_count (id INT PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 4;
-- to
CREATE TABLE partitions_hash_count (id INT PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 2;
