-- The constraint stays, with another condition.
-- forth: blocked check drops-column
-- back: blocked check
-- from
CREATE TABLE traps_drop_base_of_changed_check (id INT PRIMARY KEY, a INT, CONSTRAINT traps_drop_base_of_changed_check_c CHECK (a > id));
INSERT INTO traps_drop_base_of_changed_check VALUES (1, 9);
-- to
CREATE TABLE traps_drop_base_of_changed_check (id INT PRIMARY KEY, CONSTRAINT traps_drop_base_of_changed_check_c CHECK (id > 0));
INSERT INTO traps_drop_base_of_changed_check VALUES (1);
