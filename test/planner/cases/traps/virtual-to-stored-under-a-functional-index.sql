-- An index over it is made anew in the same statement: 3837.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE traps_vs_functional (id INT PRIMARY KEY, a INT, v INT AS (a + 1) VIRTUAL, KEY f ((v * 2)), KEY a (a));
-- to
CREATE TABLE traps_vs_functional (id INT PRIMARY KEY, a INT, v INT AS (a + 1) STORED, KEY f ((v * 2)), KEY a (a));
