-- A column in a constraint: 3959.
-- forth: instant unsafe drops-column
-- back: copy safe
-- from
CREATE TABLE traps_drop_base_of_check (id INT PRIMARY KEY, a INT, CONSTRAINT traps_drop_base_of_check_c CHECK (a > id));
INSERT INTO traps_drop_base_of_check VALUES (1, 9);
-- to
CREATE TABLE traps_drop_base_of_check (id INT PRIMARY KEY);
