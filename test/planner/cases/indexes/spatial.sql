-- A SPATIAL index.
-- forth: copy safe
-- back: inplace unsafe drops-visible-index
-- from
CREATE TABLE indexes_spatial (id INT PRIMARY KEY, g POINT NOT NULL SRID 0);
-- to
CREATE TABLE indexes_spatial (id INT PRIMARY KEY, g POINT NOT NULL SRID 0, SPATIAL KEY g (g));
