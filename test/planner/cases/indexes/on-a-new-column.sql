-- An index on a column that is new as well.
-- forth: copy safe
-- back: copy unsafe drops-column drops-visible-index
-- from
CREATE TABLE indexes_on_a_new_column (id INT PRIMARY KEY);
-- to
CREATE TABLE indexes_on_a_new_column (id INT PRIMARY KEY, a INT, KEY a (a));
