-- A new column with the time of the statement.
-- forth: instant safe
-- back: instant unsafe drops-column
-- from
CREATE TABLE defaults_add_column_with_now (id INT PRIMARY KEY);
-- to
CREATE TABLE defaults_add_column_with_now (id INT PRIMARY KEY, a TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP);
