-- The fewest columns move: only the last one goes to the front.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE columns_move_one (id INT PRIMARY KEY, a INT, b INT, c INT, d INT);
-- to
CREATE TABLE columns_move_one (id INT PRIMARY KEY, d INT, a INT, b INT, c INT);
