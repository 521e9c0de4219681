-- A new constraint that is only written down.
-- forth: instant safe
-- back: instant safe
-- from
CREATE TABLE checks_add_not_enforced (id INT PRIMARY KEY, k INT);
-- to
CREATE TABLE checks_add_not_enforced (id INT PRIMARY KEY, k INT, CONSTRAINT checks_add_not_enforced_c CHECK (k > 0) NOT ENFORCED);
