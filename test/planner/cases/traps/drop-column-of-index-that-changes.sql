-- The index has another column instead.
-- forth: copy unsafe drops-column
-- back: copy unsafe drops-column
-- from
CREATE TABLE traps_drop_column_of_index_that_changes (id INT PRIMARY KEY, a INT, b INT, KEY ab (a, b));
-- to
CREATE TABLE traps_drop_column_of_index_that_changes (id INT PRIMARY KEY, a INT, c INT, KEY ab (a, c));
