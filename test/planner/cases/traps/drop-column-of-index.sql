-- The index silently shrinks.
-- forth: copy unsafe drops-column
-- back: copy safe
-- from
CREATE TABLE traps_drop_column_of_index (id INT PRIMARY KEY, a INT, b INT, KEY ab (a, b), KEY ba (b, a));
-- to
CREATE TABLE traps_drop_column_of_index (id INT PRIMARY KEY, a INT, KEY ab (a), KEY ba (a));
