-- A date by expression.
-- forth: instant safe
-- back: instant safe
-- from
CREATE TABLE defaults_current_date (id INT PRIMARY KEY, a DATE);
-- to
CREATE TABLE defaults_current_date (id INT PRIMARY KEY, a DATE DEFAULT (CURRENT_DATE));
