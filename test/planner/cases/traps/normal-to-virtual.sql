-- A normal column becomes virtual: 3106.
-- forth: copy unsafe computes-column
-- back: copy safe
-- from
CREATE TABLE traps_normal_to_virtual (id INT PRIMARY KEY, a INT, v INT, KEY v (v), z INT);
-- to
CREATE TABLE traps_normal_to_virtual (id INT PRIMARY KEY, a INT, v INT AS (a + 1) VIRTUAL, KEY v (v), z INT);
