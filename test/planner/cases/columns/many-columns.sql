-- A column in each place.
-- forth: instant safe
-- back: instant unsafe drops-column
-- from
CREATE TABLE columns_many_columns (id INT PRIMARY KEY, b INT, d INT, f INT, h INT, j INT, l INT);
-- to
CREATE TABLE columns_many_columns (id INT PRIMARY KEY, a INT, b INT, c INT, d INT, e INT, f INT, g INT, h INT, i INT, j INT, k INT, l INT, m INT);
