-- The index stays, with another expression.
-- forth: copy unsafe drops-column
-- back: copy safe
-- from
CREATE TABLE traps_drop_base_of_changed_functional_index (id INT PRIMARY KEY, a INT, KEY f ((a + 1)));
-- to
CREATE TABLE traps_drop_base_of_changed_functional_index (id INT PRIMARY KEY, KEY f ((id + 1)));
