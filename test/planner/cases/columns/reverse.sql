-- Every column at another place.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE columns_reverse (id INT PRIMARY KEY, a INT, b INT, c INT, d INT);
-- to
CREATE TABLE columns_reverse (d INT, c INT, b INT, a INT, id INT PRIMARY KEY);
