-- A name that the shadow cannot have while the table has it.
-- forth: blocked check
-- back: blocked check narrows-type
-- from
CREATE TABLE checks_named_stays_in_a_copy (id INT PRIMARY KEY, k INT, CONSTRAINT checks_named_stays_in_a_copy_c CHECK (id > 0));
INSERT INTO checks_named_stays_in_a_copy VALUES (1, 9);
-- to
CREATE TABLE checks_named_stays_in_a_copy (id INT PRIMARY KEY, k BIGINT, CONSTRAINT checks_named_stays_in_a_copy_c CHECK (id > 0));
INSERT INTO checks_named_stays_in_a_copy VALUES (1, 9);
