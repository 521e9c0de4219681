-- The same condition under another name.
-- forth: blocked check
-- back: blocked check
-- from
CREATE TABLE checks_rename (id INT PRIMARY KEY, k INT, CONSTRAINT checks_rename_c CHECK (k > 0));
INSERT INTO checks_rename VALUES (1, 9);
-- to
CREATE TABLE checks_rename (id INT PRIMARY KEY, k INT, CONSTRAINT checks_rename_d CHECK (k > 0));
INSERT INTO checks_rename VALUES (1, 9);
