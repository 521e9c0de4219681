-- Another expression.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE indexes_functional_changes (id INT PRIMARY KEY, a INT, KEY f ((a + 1)));
-- to
CREATE TABLE indexes_functional_changes (id INT PRIMARY KEY, a INT, KEY f ((a + 2)));
