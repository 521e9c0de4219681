-- An index over the members of a JSON array.
-- forth: copy safe
-- back: inplace unsafe drops-visible-index
-- from
CREATE TABLE indexes_multi_valued (id INT PRIMARY KEY, j JSON);
-- to
CREATE TABLE indexes_multi_valued (id INT PRIMARY KEY, j JSON, KEY m ((CAST(j->'$.a' AS UNSIGNED ARRAY))), KEY n (id, (CAST(j->'$.b' AS CHAR(10) ARRAY))));
