-- DROP KEY, ADD KEY that changes only the visibility does nothing: ALTER INDEX.
-- forth: inplace safe
-- back: inplace safe
-- from
CREATE TABLE traps_visibility_by_alter_index (id INT PRIMARY KEY, a INT, b INT, KEY a (a), KEY b (b) INVISIBLE);
-- to
CREATE TABLE traps_visibility_by_alter_index (id INT PRIMARY KEY, a INT, b INT, KEY a (a) INVISIBLE, KEY b (b));
