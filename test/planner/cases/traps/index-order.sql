-- DROP KEY, ADD KEY that changes only the order does nothing.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE traps_index_order (id INT PRIMARY KEY, a INT, b INT, c INT, KEY a (a), KEY b (b), KEY c (c));
-- to
CREATE TABLE traps_index_order (id INT PRIMARY KEY, a INT, b INT, c INT, KEY c (c), KEY a (a), KEY b (b));
