-- A column in the default of another one.
-- forth: instant unsafe drops-column
-- back: instant safe
-- from
CREATE TABLE traps_drop_base_of_default (id INT PRIMARY KEY, a INT, b INT DEFAULT (a + 1));
-- to
CREATE TABLE traps_drop_base_of_default (id INT PRIMARY KEY, b INT DEFAULT 3);
