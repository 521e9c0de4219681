-- By a number, with powers of two.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE partitions_linear_hash (id INT PRIMARY KEY);
-- to
CREATE TABLE partitions_linear_hash (id INT PRIMARY KEY) PARTITION BY LINEAR HASH (id) PARTITIONS 3;
