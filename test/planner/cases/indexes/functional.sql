-- An index over expressions.
-- forth: copy safe
-- back: copy unsafe drops-visible-index
-- from
CREATE TABLE indexes_functional (id INT PRIMARY KEY, a INT, b VARCHAR(50));
-- to
CREATE TABLE indexes_functional (id INT PRIMARY KEY, a INT, b VARCHAR(50), KEY f ((LOWER(b))), KEY g (a, (a * 2) DESC), UNIQUE KEY u ((a + 1)));
