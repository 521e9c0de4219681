-- The same under a unique key and before others.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE traps_virtual_to_stored_only_column_of_unique (v INT AS (id + 1) VIRTUAL, id INT PRIMARY KEY, UNIQUE KEY v (v));
-- to
CREATE TABLE traps_virtual_to_stored_only_column_of_unique (v INT AS (id + 1) STORED, id INT PRIMARY KEY, UNIQUE KEY v (v));
