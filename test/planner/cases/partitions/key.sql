-- By the server's hash of the key.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE partitions_key (id INT PRIMARY KEY);
-- to
CREATE TABLE partitions_key (id INT PRIMARY KEY) PARTITION BY KEY () PARTITIONS 2;
