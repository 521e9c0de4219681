-- A computed column at another place.
-- forth: instant safe
-- back: instant safe
-- from
CREATE TABLE generated_move_virtual (id INT PRIMARY KEY, a INT, v INT AS (id + 1));
-- to
CREATE TABLE generated_move_virtual (id INT PRIMARY KEY, v INT AS (id + 1), a INT);
