-- Column and expression are both new.
-- forth: instant safe
-- back: instant unsafe drops-column
-- from
CREATE TABLE generated_virtual_on_new_column (id INT PRIMARY KEY);
-- to
CREATE TABLE generated_virtual_on_new_column (id INT PRIMARY KEY, v INT AS (a + 1), a INT);
