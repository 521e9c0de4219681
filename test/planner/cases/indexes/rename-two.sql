-- Names change places.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE indexes_rename_two (id INT PRIMARY KEY, a INT, b INT, KEY x (a), KEY y (b));
-- to
CREATE TABLE indexes_rename_two (id INT PRIMARY KEY, a INT, b INT, KEY y (a), KEY x (b));
