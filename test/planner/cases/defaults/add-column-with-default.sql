-- A new column with a value.
-- forth: instant safe
-- back: instant unsafe drops-column
-- from
CREATE TABLE defaults_add_column_with_default (id INT PRIMARY KEY);
-- to
CREATE TABLE defaults_add_column_with_default (id INT PRIMARY KEY, a INT NOT NULL DEFAULT 3, b VARCHAR(9) NOT NULL DEFAULT 'x', c DATETIME NOT NULL DEFAULT '2020-01-01 00:00:00');
