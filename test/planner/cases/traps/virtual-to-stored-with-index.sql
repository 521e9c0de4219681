-- The same under an index.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE traps_virtual_to_stored_with_index (id INT PRIMARY KEY, a INT, v INT AS (a + 1) VIRTUAL, KEY v (v), KEY av (a, v));
-- to
CREATE TABLE traps_virtual_to_stored_with_index (id INT PRIMARY KEY, a INT, v INT AS (a + 1) STORED, KEY v (v), KEY av (a, v));
