-- Places are told by columns that stay.
-- forth: instant unsafe drops-column
-- back: instant unsafe drops-column
-- from
CREATE TABLE traps_add_column_at_the_place_of_a_dropped_one (a INT, b INT, id INT PRIMARY KEY);
-- to
CREATE TABLE traps_add_column_at_the_place_of_a_dropped_one (c INT, d INT, id INT PRIMARY KEY);
