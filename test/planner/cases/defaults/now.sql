-- The time of the statement.
-- forth: instant safe
-- back: instant safe
-- from
CREATE TABLE defaults_now (id INT PRIMARY KEY, a DATETIME, b TIMESTAMP(3) NULL);
-- to
CREATE TABLE defaults_now (id INT PRIMARY KEY, a DATETIME DEFAULT NOW(), b TIMESTAMP(3) NULL DEFAULT CURRENT_TIMESTAMP(3));
