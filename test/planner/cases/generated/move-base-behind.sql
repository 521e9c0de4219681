-- A column behind the one that is computed with it.
-- forth: instant safe
-- back: instant safe
-- from
CREATE TABLE generated_move_base_behind (id INT PRIMARY KEY, a INT, v INT AS (a + 1));
-- to
CREATE TABLE generated_move_base_behind (id INT PRIMARY KEY, v INT AS (a + 1), a INT);
