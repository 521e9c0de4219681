-- Another condition under the same name.
-- forth: blocked check
-- back: blocked check
-- from
CREATE TABLE checks_change_named (id INT PRIMARY KEY, k INT, CONSTRAINT checks_change_named_c CHECK (k > 0));
INSERT INTO checks_change_named VALUES (1, 9);
-- to
CREATE TABLE checks_change_named (id INT PRIMARY KEY, k INT, CONSTRAINT checks_change_named_c CHECK (k > 1));
INSERT INTO checks_change_named VALUES (1, 9);
