-- Columns in the middle.
-- forth: instant safe
-- back: instant unsafe drops-column
-- from
CREATE TABLE columns_add_middle (id INT PRIMARY KEY, z INT);
-- to
CREATE TABLE columns_add_middle (id INT PRIMARY KEY, a INT, b INT NOT NULL DEFAULT 5, z INT);
