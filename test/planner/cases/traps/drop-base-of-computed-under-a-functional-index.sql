-- An index looks at the column through another one that is computed with it: 3837.
-- forth: copy unsafe drops-column
-- back: copy unsafe drops-column
-- from
CREATE TABLE traps_dbc (id INT NOT NULL PRIMARY KEY, a DATE, v INT AS (YEAR(a)), KEY f ((v + 1)));
-- to
CREATE TABLE traps_dbc (id INT NOT NULL PRIMARY KEY, b DATE, v INT AS (YEAR(b)), KEY f ((v + 1)));
