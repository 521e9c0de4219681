-- A column more at the end.
-- forth: instant safe
-- back: instant unsafe drops-column
-- from
CREATE TABLE columns_add_last (id INT PRIMARY KEY);
-- to
CREATE TABLE columns_add_last (id INT PRIMARY KEY, a VARCHAR(10) NULL);
