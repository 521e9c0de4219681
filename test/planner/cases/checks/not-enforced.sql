-- A constraint that is only written down.
-- forth: instant safe
-- back: blocked check
-- from
CREATE TABLE checks_not_enforced (id INT PRIMARY KEY, k INT, CONSTRAINT checks_not_enforced_c CHECK (k > 0));
INSERT INTO checks_not_enforced VALUES (1, 9);
-- to
CREATE TABLE checks_not_enforced (id INT PRIMARY KEY, k INT, CONSTRAINT checks_not_enforced_c CHECK (k > 0) NOT ENFORCED);
INSERT INTO checks_not_enforced VALUES (1, 9);
