-- Two indexes over the same column.
-- forth: copy safe
-- back: inplace unsafe drops-visible-index
-- from
CREATE TABLE indexes_two_equal (id INT PRIMARY KEY, a INT, KEY x (a));
-- to
CREATE TABLE indexes_two_equal (id INT PRIMARY KEY, a INT, KEY x (a), KEY y (a));
