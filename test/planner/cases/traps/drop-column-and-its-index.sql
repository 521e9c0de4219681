-- The index that silently goes is dropped explicitly.
-- forth: copy unsafe drops-column drops-visible-index
-- back: copy safe
-- from
CREATE TABLE traps_drop_column_and_its_index (id INT PRIMARY KEY, a INT, b INT, KEY ab (a, b), KEY b (b), UNIQUE KEY u (b));
-- to
CREATE TABLE traps_drop_column_and_its_index (id INT PRIMARY KEY, a INT, KEY ab (a));
