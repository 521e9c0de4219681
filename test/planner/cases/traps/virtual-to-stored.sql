-- Changing the stored status: 3106.
-- forth: copy safe
-- back: instant safe
-- from
CREATE TABLE traps_virtual_to_stored (id INT PRIMARY KEY, a INT, v INT AS (a + 1) VIRTUAL, z INT);
-- to
CREATE TABLE traps_virtual_to_stored (id INT PRIMARY KEY, a INT, v INT AS (a + 1) STORED, z INT);
