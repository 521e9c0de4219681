-- Places are told by columns that are there at that point.
-- forth: instant unsafe drops-column
-- back: instant unsafe drops-column
-- from
CREATE TABLE columns_move_and_add_and_drop (id INT PRIMARY KEY, a INT, b INT, c INT, d INT);
-- to
CREATE TABLE columns_move_and_add_and_drop (c INT, x INT, id INT PRIMARY KEY, y INT, a INT, z INT);
