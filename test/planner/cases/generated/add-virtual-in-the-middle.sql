-- The same between others.
-- forth: instant safe
-- back: instant safe
-- from
CREATE TABLE generated_add_virtual_in_the_middle (id INT PRIMARY KEY, a INT, z INT);
-- to
CREATE TABLE generated_add_virtual_in_the_middle (id INT PRIMARY KEY, v INT AS (a + 1), a INT, z INT);
