-- By lists of values.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE partitions_list (id INT PRIMARY KEY);
-- to
CREATE TABLE partitions_list (id INT PRIMARY KEY) PARTITION BY LIST (id) (PARTITION p0 VALUES IN (0, 1, 2), PARTITION p1 VALUES IN (3, 4));
