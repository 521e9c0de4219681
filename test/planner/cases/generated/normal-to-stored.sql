-- A column becomes computed.
-- forth: copy unsafe computes-column
-- back: copy safe
-- from
CREATE TABLE generated_normal_to_stored (id INT PRIMARY KEY, a INT, c INT);
-- to
CREATE TABLE generated_normal_to_stored (id INT PRIMARY KEY, a INT, c INT AS (a + 1) STORED);
