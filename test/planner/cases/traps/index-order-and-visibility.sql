-- Order and visibility of the same index.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE traps_index_order_and_visibility (id INT PRIMARY KEY, a INT, b INT, KEY a (a), KEY b (b));
-- to
CREATE TABLE traps_index_order_and_visibility (id INT PRIMARY KEY, a INT, b INT, KEY b (b), KEY a (a) INVISIBLE);
