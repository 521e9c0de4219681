-- A column in the expression of an index: 3837.
-- forth: copy unsafe drops-column drops-visible-index
-- back: copy safe
-- from
CREATE TABLE traps_drop_base_of_functional_index (id INT PRIMARY KEY, a INT, KEY f ((a + 1)));
-- to
CREATE TABLE traps_drop_base_of_functional_index (id INT PRIMARY KEY);
