-- Constraints with the server's names and their own.
-- forth: copy safe
-- back: instant safe
-- from
CREATE TABLE checks_add (id INT PRIMARY KEY, k INT);
INSERT INTO checks_add VALUES (1, 1);
-- to
CREATE TABLE checks_add (id INT PRIMARY KEY, k INT, CHECK (k > 0), CONSTRAINT checks_add_named CHECK (id > 0));
INSERT INTO checks_add VALUES (1, 1);
