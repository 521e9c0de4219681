-- A new column that SELECT * does not show.
-- forth: instant safe
-- back: instant unsafe drops-column
-- from
CREATE TABLE columns_add_invisible (id INT PRIMARY KEY, z INT);
-- to
CREATE TABLE columns_add_invisible (id INT PRIMARY KEY, a INT INVISIBLE, z INT);
