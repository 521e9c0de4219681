-- With the hash of an older server.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE partitions_key_algorithm (id INT PRIMARY KEY);
-- to
CREATE TABLE partitions_key_algorithm (id INT PRIMARY KEY) PARTITION BY KEY ALGORITHM=1 (id) PARTITIONS 2;
